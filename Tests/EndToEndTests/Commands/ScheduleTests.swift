// `schedule` for containers, as a user calls it.

internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct ScheduleTests {
  @Test("kubernetes and container print what fits the playbook; a state of one machine is refused")
  func containers() throws {
    let folder = try ScratchFolder()
    let source = "\"source\": { \"tenant\": \"t.example\", \"clientId\": \"c\" }"
    let shared = try folder.write(
      "{ \(source), \"sinks\": [\"tls://siem:6514\"], \"state\": \"postgresql://mail@db.example/mail\" }",
      to: "shared.json")
    let own = try folder.write("{ \(source), \"state\": \"state\" }", to: "own.json")
    let deployment = Program.run(["schedule", "--kubernetes", "--replicas", "3", "--image", "r.example/m:1", shared])
    #expect(deployment.status == 0 && deployment.errors.isEmpty, "\(deployment.errors)")
    for line in ["kind: Deployment", "  replicas: 3", "          image: r.example/m:1"] {
      #expect(
        deployment.lines.contains {
          $0 == line || $0 == line.replacing("image: r.example/m:1", with: "image: \"r.example/m:1\"")
        }, "\(line)")
    }
    let job = Program.run(["schedule", "--kubernetes", "--cron", shared])
    #expect(job.status == 0 && job.lines.contains("kind: CronJob"), "\(job.errors)")
    let file = Program.run(["schedule", "--container", shared])
    #expect(file.status == 0 && file.lines.contains("CMD [\"run\", \"\(shared)\"]"), "\(file.lines)")
    for kind in ["--kubernetes", "--container"] {
      let refused = Program.run(["schedule", kind, own])
      #expect(refused.status == 78 && refused.errors.contains("message-trace state init"), "\(refused.errors)")
    }
    let open = try folder.write(
      "{ \(source), \"sinks\": [\"tls://siem:6514\"], \"state\": \"postgresql://mail:s3cret@db.example/mail\" }",
      to: "open.json")
    for arguments in [["--kubernetes"], ["--kubernetes", "--cron"], ["--container"]] {
      let refused = Program.run(["schedule"] + arguments + [open])
      #expect(refused.status == 78 && refused.lines.isEmpty, "\(refused.lines)")
      #expect(refused.errors.contains("PGPASSFILE") && !refused.errors.contains("s3cret"), "\(refused.errors)")
    }
    let both = Program.run(["schedule", "--systemd", "--kubernetes", shared])
    #expect(both.status == 64, "\(both.errors)")
  }
}

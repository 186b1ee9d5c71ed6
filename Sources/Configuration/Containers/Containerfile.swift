// A Containerfile for the package that `.ci/package` makes. Source: containerfile(5).

internal import IntakeCore

package enum Containerfile {
  /// - Parameter place: its playbooks decide which libraries are installed.
  package static func text(_ place: ContainerParameters) -> String {
    let kafka = place.playbooks.contains { ($0.layer[.sink] ?? []).contains { $0.hasPrefix("kafka://") } }
    let libraries = ["ca-certificates", "libssl3", "libpq5"] + (kafka ? ["librdkafka1"] : [])
    let command = (["run"] + place.playbooks.map(\.path)).map(JSONText.quoted).joined(separator: ", ")
    return """
      # Beside message-trace_*.deb: podman build -t \(place.image) .
      # Start it with: --read-only --cap-drop=ALL --security-opt=no-new-privileges, and the playbooks mounted at their paths.
      FROM docker.io/library/debian:bookworm-slim
      COPY message-trace_*.deb /tmp/
      RUN apt-get update \\
       && apt-get install -y --no-install-recommends /tmp/message-trace_*.deb \(libraries.joined(separator: " ")) \\
       && rm -rf /var/lib/apt/lists/* /tmp/message-trace_*.deb
      USER \(KubernetesPod.user):\(KubernetesPod.user)
      STOPSIGNAL SIGTERM
      ENTRYPOINT ["/usr/bin/message-trace"]
      CMD [\(command)]

      """
  }
}

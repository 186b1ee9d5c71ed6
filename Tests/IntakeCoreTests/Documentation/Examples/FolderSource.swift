// A source that is a folder of answers: what the documentation shows of adding a source.

import IntakeCore

/// Answers of a service, saved as files; each names the next one.
struct FolderSource: Source {
  let folder: String
  let provider = "folder"
  let widestWindow = Duration.seconds(86_400)
  let retention = Duration.seconds(90 * 86_400)

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    let name = cursor?.link ?? "first.json"
    guard !name.contains("/") else {
      throw Failure(
        "source.foreign_link", exit: .protocolBroken, "Reading a page: its next link leads out of the folder.")
    }
    let bytes = try FileBytes.read("\(folder)/\(name)", purpose: "page")
    guard let envelope = try? Envelope(bytes), !envelope.hasError else {
      throw Failure(
        "source.bad_page", exit: .protocolBroken, "Reading a page: the answer is none that is known here.",
        hint: "Look at the file in the folder.", recovery: .later(after: nil))
    }
    return Page(bytes: bytes, rows: envelope.rows, next: envelope.next.map { PageCursor(link: $0) })
  }
}

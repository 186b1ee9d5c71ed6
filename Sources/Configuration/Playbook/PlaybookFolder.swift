// Where the relative paths of a playbook begin: in its own folder. A shell, cron and systemd each start it somewhere else,
// and it must mean the same state and the same file to all of them.

internal import Glibc
internal import IntakeCore

/// The folder of a playbook.
struct PlaybookFolder: Sendable {
  /// Absolute, links resolved; empty if it cannot be resolved: paths then stay as they are.
  let path: String

  /// - Parameter file: the playbook's own path, as given.
  init(of file: String) {
    let folder = file.lastIndex(of: "/").map { "\(file[..<$0])/" } ?? "."
    guard let resolved = unsafe realpath(folder, nil) else {
      path = ""
      return
    }
    path = unsafe String(cString: resolved)
    unsafe free(resolved)
  }

  /// A value of a setting as the rest of the program takes it: with whole paths.
  func resolved(_ text: String, of setting: Setting) -> String {
    switch setting {
    case .state where text.contains("://"):
      wholeOptions(text)
    case _ where setting.isPath:
      whole(text)
    case .mapping where text.contains("/") || text.hasSuffix(".json"):
      whole(text)
    case .sink where text.hasPrefix("file:"):
      "file:" + whole(String(text.dropFirst(5)))
    case .sink:
      wholeOptions(text)
    default:
      text
    }
  }

  func whole(_ text: String) -> String {
    guard !path.isEmpty, !text.isEmpty, !text.hasPrefix("/"), !text.hasPrefix("~") else { return text }
    return path == "/" ? "/\(text)" : "\(path)/\(text)"
  }

  /// The files among the options of a sink.
  private func wholeOptions(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "?") else { return text }
    let options = text[text.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
    let resolved = options.map { option in
      let parts = option.split(separator: "=", maxSplits: 1)
      if parts.count == 2, parts[0] == "header-file", let colon = parts[1].ranges(of: ":").first {
        return "header-file=\(parts[1][..<colon.upperBound])\(whole(String(parts[1][colon.upperBound...])))"
      }
      let files = [
        "ca", "cert", "key", "token-file", "password-file", "passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl",
      ]
      guard parts.count == 2, files.contains(String(parts[0])) else { return String(option) }
      // The slash that begins a whole path may be escaped.
      guard !parts[1].lowercasedASCII.hasPrefix("%2f") else { return String(option) }
      return "\(parts[0])=\(whole(String(parts[1])))"
    }
    return text[...mark] + resolved.joined(separator: "&")
  }
}

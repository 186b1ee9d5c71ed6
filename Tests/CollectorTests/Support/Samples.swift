// Recorded answers of the services.

import IntakeCore

enum Samples {
  static func bytes(_ name: String) throws -> [UInt8] {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try FileBytes.read("/\(folder)/Samples/\(name)", purpose: "sample")
  }
}

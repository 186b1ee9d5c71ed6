// The identities of rows that went out as they came, so that repeats among them can be found.

internal import IntakeCore
internal import Normaliser

/// Makes the identity that an event of the row would have; one value for a run.
struct RawIdentities {
  private var normalisers: [String: RowNormaliser] = [:]
  private var batch = Batch()
  private var ledger = PassthroughLedger()

  /// nil for a line that is no row of a known shape.
  mutating func identity(of line: RawSpan) -> Identity? {
    let bytes = (0..<line.byteCount).map { line.byte($0) }
    guard let shape = RawInput.shape(of: bytes), let normaliser = normaliser(shape) else { return nil }
    batch.clear()
    normaliser.normalise(
      Page(bytes: bytes, rows: [0..<bytes.count]), created: Instant(seconds: 0), into: &batch, ledger: &ledger)
    guard batch.failed == 0, batch.entries.count == 1 else { return nil }
    return batch.entries.first?.identity
  }

  private mutating func normaliser(_ shape: String) -> RowNormaliser? {
    if let known = normalisers[shape] { return known }
    guard let mapping = try? MappingCatalog.mapping(shape) else { return nil }
    let made = try? RowNormaliser(mapping: mapping, settings: NormaliserSettings(isRaw: true))
    normalisers[shape] = made
    return made
  }
}

// The mapping files as the binary carries them; `embed-mappings` writes their literals at build time.

/// One file of this folder.
package struct EmbeddedMapping: Sendable {
  /// Its name, `graph.json`.
  package let file: String
  /// Its text, as a reader of the folder sees it.
  package let text: String
}

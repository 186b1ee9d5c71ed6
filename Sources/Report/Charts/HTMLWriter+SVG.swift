// Inline SVG with a title and a description for screen readers.

extension HTMLWriter {
  /// An `svg` of its own coordinate system, with title and description.
  mutating func picture(
    _ kind: String, width: Double, height: Double, title: String, description: String,
    _ draw: (inout HTMLWriter) -> Void
  ) {
    element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "class": kind, "role": "img",
        "viewBox": "0 0 \(DisplayFormat.decimal(width)) \(DisplayFormat.decimal(height))",
      ]
    ) { svg in
      svg.element("title", title)
      svg.element("desc", description)
      draw(&svg)
    }
  }
}

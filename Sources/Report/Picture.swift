// An inline drawing with its words for those who do not see it.

extension Markup {
  /// An `svg` of its own coordinate system, with title and description.
  mutating func picture(
    _ kind: String, width: Double, height: Double, title: String, description: String, _ draw: (inout Markup) -> Void
  ) {
    element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "class": kind, "role": "img",
        "viewBox": "0 0 \(Spelling.decimal(width)) \(Spelling.decimal(height))",
      ]
    ) { svg in
      svg.element("title", title)
      svg.element("desc", description)
      draw(&svg)
    }
  }
}

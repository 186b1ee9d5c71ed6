// The style sheet: light and dark colors, hatchings in addition to colors, one column on a small screen.

enum PageStyle {
  static let sheet: StaticString = """

    :root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1d1c1a; --quiet: #66625b; --line: #dedad1;
      --card: #f3f1eb; --well: #2f6b3f; --ill: #a02c22; --plain: #47627d;
      --c0: #5b87b2; --c1: #a9c3dc; --c2: #d9b650; --c3: #a678a0; --c4: #d9803a; --c5: #b0372c; --c6: #98938a; }
    @media (prefers-color-scheme: dark) { :root { --paper: #181715; --ink: #e9e6df; --quiet: #a29d93; --line: #38352f;
      --card: #211f1c; --well: #7cc08e; --ill: #ef8a7e; --plain: #86a5c4;
      --c0: #5f8fbf; --c1: #a7c4e0; --c2: #d3b04c; --c3: #b88bb2; --c4: #dd8b4b; --c5: #e0685c; --c6: #8d887e; } }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 1060px; padding: 28px 24px 48px; background: var(--paper); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
    header p { max-width: none; }
    header { border-top: 3px solid var(--ink); padding-top: 14px; }
    h1, h2 { font-family: Georgia, "Times New Roman", "Noto Serif", serif; font-weight: 700; line-height: 1.2; }
    h1 { font-size: 32px; margin: 0 0 6px; overflow-wrap: anywhere; }
    h2 { font-size: 20px; margin: 0 0 2px; }
    h3 { font-size: 15px; margin: 0 0 6px; overflow-wrap: anywhere; }
    p { margin: 0 0 10px; max-width: 46em; }
    section { border-top: 1px solid var(--line); padding-top: 14px; margin-top: 30px; min-width: 0; }
    section > p { color: var(--quiet); }
    figure { margin: 10px 0 0; }
    svg { display: block; max-width: 100%; height: auto; }
    svg.bars, svg.columns { width: 100%; }
    .pair { display: grid; grid-template-columns: 1fr 1fr; column-gap: 44px; }
    .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px 28px;
      margin: 18px 0 0; padding: 0; list-style: none; }
    .facts li { border-top: 1px solid var(--line); padding-top: 6px; color: var(--quiet); font-size: 13px; }
    .facts strong { display: block; color: var(--ink);
      font: 700 25px/1.25 Georgia, "Times New Roman", "Noto Serif", serif; font-variant-numeric: lining-nums; }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; max-width: none; font-size: 13px; }
    .key { display: inline-flex; align-items: center; gap: 7px; }
    .key svg { flex: none; }
    text { fill: var(--ink); font-size: 13px; font-variant-numeric: tabular-nums; }
    text.axis, tspan.quiet { fill: var(--quiet); }
    text.axis { font-size: 12px; text-anchor: middle; }
    text.end { text-anchor: end; }
    text.day { fill: var(--ink); }
    .own { unicode-bidi: isolate; }
    .grid { stroke: var(--line); stroke-width: 1; }
    .base { stroke: var(--quiet); stroke-width: 1; }
    .columns rect { shape-rendering: crispEdges; }
    .plain { fill: var(--plain); }
    .s0 { fill: var(--c0); } .s1 { fill: url(#p1); } .s2 { fill: url(#p2); } .s3 { fill: url(#p3); }
    .s4 { fill: url(#p4); } .s5 { fill: url(#p5); } .s6 { fill: url(#p6); }
    .f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); } .f4 { fill: var(--c4); }
    .f5 { fill: var(--c5); } .f6 { fill: var(--c6); }
    .hatch { stroke: var(--paper); stroke-width: 1; fill: none; }
    .dot { fill: var(--paper); }
    .defs { position: absolute; width: 0; height: 0; }
    .scroll { overflow-x: auto; }
    .newest { direction: rtl; } .newest > * { direction: ltr; }
    details { margin-top: 8px; font-size: 13px; }
    summary { cursor: pointer; color: var(--quiet); width: max-content; }
    table { border-collapse: collapse; margin: 8px 0 0; font-size: 13px; font-variant-numeric: tabular-nums; }
    details .scroll { max-height: 420px; overflow: auto; }
    caption { text-align: left; color: var(--quiet); padding-bottom: 4px; }
    th, td { text-align: left; vertical-align: top; padding: 3px 18px 3px 0; border-bottom: 1px solid var(--line);
      font-weight: 400; overflow-wrap: anywhere; }
    thead th { color: var(--quiet); border-bottom-color: var(--quiet); white-space: nowrap; }
    .n { text-align: right; white-space: nowrap; }
    .t { white-space: nowrap; }
    .wide { width: 100%; min-width: 860px; table-layout: fixed; }
    .wide th:nth-child(1) { width: 172px; } .wide th:nth-child(2) { width: 98px; }
    .wide th:nth-child(3), .wide th:nth-child(4) { width: 27%; }
    .quiet { color: var(--quiet); }
    .badge { font-weight: 700; }
    .well { color: var(--well); } .ill { color: var(--ill); }
    .card { background: var(--card); padding: 14px 16px; margin-top: 12px; }
    .card dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 0; }
    .card dt { color: var(--quiet); } .card dd { margin: 0; overflow-wrap: anywhere; }
    footer p { max-width: none; }
    footer { margin-top: 34px; border-top: 1px solid var(--line); padding-top: 10px; color: var(--quiet);
      font-size: 13px; }
    @media screen and (max-width: 760px) { .wide { min-width: 0; } .wide thead { display: none; }
      .wide tr { display: block; padding: 6px 0; border-bottom: 1px solid var(--line); }
      .wide td { display: block; border: 0; padding: 0; } .wide td:nth-child(3)::before { content: "from "; }
      .wide td:nth-child(4)::before { content: "to "; } th, td { padding-right: 10px; } body { padding: 16px 14px 32px; } h1 { font-size: 25px; }
      .pair { grid-template-columns: 1fr; } svg.columns { min-width: 680px; } }
    @media print { :root { color-scheme: light; --paper: #fff; --ink: #1d1c1a; --quiet: #66625b; --line: #dedad1;
      --card: #fff; --well: #2f6b3f; --ill: #a02c22; --plain: #47627d;
      --c0: #5b87b2; --c1: #a9c3dc; --c2: #d9b650; --c3: #a678a0; --c4: #d9803a; --c5: #b0372c; --c6: #98938a; }
      body { max-width: none; padding: 0; } .wide { min-width: 0; font-size: 11px; } .wide .t { white-space: normal; }
      .wide th:nth-child(1) { width: 92px; } .wide th:nth-child(2) { width: 94px; } figure, .card, tr { break-inside: avoid; }
      h2, section > p, caption { break-after: avoid; } summary { display: none; } }

    """

  /// Hatchings by status, so that colour is not needed to distinguish them; delivered mail is plain.
  static let patterns: StaticString = """
    <svg xmlns="http://www.w3.org/2000/svg" class="defs" aria-hidden="true"><defs>
    <pattern id="p1" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="f1"/><circle cx="3" cy="3" r="1.3" class="dot"/></pattern>
    <pattern id="p2" width="6" height="5" patternUnits="userSpaceOnUse"><rect width="6" height="5" class="f2"/><path d="M0 2.5H6" class="hatch"/></pattern>
    <pattern id="p3" width="5" height="6" patternUnits="userSpaceOnUse"><rect width="5" height="6" class="f3"/><path d="M2.5 0V6" class="hatch"/></pattern>
    <pattern id="p4" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="f4"/><path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5" class="hatch"/></pattern>
    <pattern id="p5" width="7" height="7" patternUnits="userSpaceOnUse"><rect width="7" height="7" class="f5"/><path d="M-1 -1L8 8M-1 8L8 -1" class="hatch"/></pattern>
    <pattern id="p6" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="f6"/><path d="M-1 -1L7 7M-1 5L1 7M5 -1L7 1" class="hatch"/></pattern>
    </defs></svg>

    """
}

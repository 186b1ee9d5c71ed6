// `_bulk` and what clients ask beside it, as Elasticsearch 8 answers. Source: Elasticsearch reference, "Bulk API".

internal import IntakeCore

/// Indices in memory that know their ids.
struct BulkEndpoint {
  let simulation: Simulation
  let faults: ReceiverFaults

  /// nil if the path is none of this endpoint's.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    let parts = request.path.split(separator: "/").map(String.init)
    guard Self.owns(request, parts) else { return nil }
    guard isAllowed(request) else {
      return error(401, "security_exception", "missing or wrong authentication credentials", request)
    }
    switch (parts.first, parts.last) {
    case (nil, _): return json(200, Self.root, request)
    case (_, "_bulk"): return bulk(request, index: parts.count == 2 ? parts[0] : nil)
    case ("_security", _): return json(200, privileges(request), request)
    case ("_index_template", _): return json(simulation.settings.hasIndexTemplate ? 200 : 404, "{}", request)
    default: return json(200, #"{"status":"green","number_of_nodes":1}"#, request)
    }
  }

  private static func owns(_ request: HTTPRequest, _ parts: [String]) -> Bool {
    guard let first = parts.first else { return request.method == "GET" || request.method == "HEAD" }
    if parts.last == "_bulk", parts.count <= 2 { return true }
    return ["_security", "_index_template", "_cluster", "_cat", "_license", "_nodes"].contains(first)
  }

  private func isAllowed(_ request: HTTPRequest) -> Bool {
    let settings = simulation.settings
    let basic = Base64.encode(Array("elastic:\(settings.elasticPassword)".utf8))
    return ["ApiKey \(simulation.current(settings.elasticAPIKey))", "Basic \(basic)"].contains(
      request.header("authorization") ?? "")
  }

  private static let root =
    #"{"name":"simulated","cluster_name":"simulated","cluster_uuid":"c2ltdWxhdGVkIGNsdXN0ZXI","version":{"number":"8.17.0","build_flavor":"default","lucene_version":"9.12.0","minimum_wire_compatibility_version":"7.17.0","minimum_index_compatibility_version":"7.0.0"},"tagline":"You Know, for Search"}"#

  private func privileges(_ request: HTTPRequest) -> String {
    let isHeld = simulation.settings.mayCreateDocuments
    let wanted = (try? JSONValue(parsing: request.body))?["index"]?.array?.first
    let names = wanted?["names"]?.array?.compactMap(\.string) ?? []
    let held = JSONValue.object(
      (wanted?["privileges"]?.array?.compactMap(\.string) ?? []).map { .init($0, .bool(isHeld)) })
    return JSONValue.object([
      .init("has_all_requested", .bool(isHeld)), .init("index", .object(names.map { .init($0, held) })),
    ]).text
  }

  private func bulk(_ request: HTTPRequest, index: String?) -> HTTPResponse {
    guard request.method == "POST" || request.method == "PUT" else { return error(405, "method", "", request) }
    guard let body = request.decodedBody else { return error(400, "x_content_parse_exception", "not gzip", request) }
    let writer = BulkWriter(body: body, index: index, faults: faults, received: simulation.received)
    guard let items = writer.run() else {
      return error(400, "illegal_argument_exception", "Malformed action/metadata line", request)
    }
    return json(200, items, request)
  }

  private func error(_ status: Int, _ type: String, _ reason: String, _ request: HTTPRequest) -> HTTPResponse {
    json(status, #"{"error":{"type":"\#(type)","reason":"\#(reason)"},"status":\#(status)}"#, request)
  }

  private func json(_ status: Int, _ text: String, _ request: HTTPRequest) -> HTTPResponse {
    let isVendor = request.header("accept")?.contains("vnd.elasticsearch") == true
    var response = HTTPResponse(
      status, type: isVendor ? "application/vnd.elasticsearch+json;compatible-with=9" : "application/json",
      request.method == "HEAD" ? "" : text)
    response.set("X-Elastic-Product", "Elasticsearch")
    return response
  }
}

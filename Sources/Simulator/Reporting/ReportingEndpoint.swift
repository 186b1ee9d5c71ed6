// The Reporting Web Service: sign-in, the reports by name, and its many shapes of error.

internal import IntakeCore

/// `/ecp/reportingwebservice/reporting.svc/…`, whatever its case.
struct ReportingEndpoint {
  let simulation: Simulation
  let faults: PageFaults
  static let root = "/ecp/reportingwebservice/reporting.svc"

  /// nil if the path is none of this endpoint's.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    let path = request.path.lowercased()
    guard path == Self.root || path.hasPrefix(Self.root + "/") else { return nil }
    var response = refusal(request) ?? report(request, String(path.dropFirst(Self.root.count + 1)))
    response.set("request-id", simulation.tenant.tenantID)
    response.set("X-RWS-Version", "2013-V1")
    response.set("Cache-Control", "no-cache, no-store")
    response.set("X-Content-Type-Options", "nosniff")
    return response
  }

  private func report(_ request: HTTPRequest, _ name: String) -> HTTPResponse {
    let parameters = request.parameters
    let shape = ReportingShape(request, parameters)
    do throws(ReportingError) {
      guard request.method == "GET" else { throw ReportingError(status: 405, message: "Only GET is supported.") }
      let version = parameters["rws-version"] ?? request.header("x-rws-version") ?? "2013-V1"
      guard version.uppercased() == "2013-V1" else {
        throw .badRequest("The version specified in the request is unsupported.")
      }
      switch name {
      case "": return HTTPResponse(200, type: "application/atomsvc+xml;charset=utf-8", Self.document)
      case "$metadata": return HTTPResponse(200, type: "application/xml;charset=utf-8", "<edmx:Edmx Version=\"1.0\"/>")
      case "messagetrace", "messagetracedetail": break
      default: throw ReportingError(status: 404, message: "Resource not found for the segment '\(name)'.")
      }
      let query = try ReportingQuery(parameters, now: simulation.now, days: simulation.settings.reportingDays)
      let body = ReportingPage(simulation: simulation, faults: faults, query: query, shape: shape)
        .body(request, parameters, details: name == "messagetracedetail")
      var response = HTTPResponse(200, type: shape.contentType, body)
      response.set("DataServiceVersion", shape == .light ? "3.0;" : "2.0;")
      return response
    } catch {
      return Self.wrap(error, shape)
    }
  }

  /// nil for a caller that may read.
  private func refusal(_ request: HTTPRequest) -> HTTPResponse? {
    let words = (request.header("authorization") ?? "").split(separator: " ", maxSplits: 1)
    guard words.count == 2 else { return Self.unauthorized }
    switch words[0].lowercased() {
    case "basic":
      let settings = simulation.settings
      let expected = Array("\(settings.username):\(settings.password)".utf8)
      guard settings.basicAllowed, Base64.decode(words[1]) == expected else { return Self.unauthorized }
    case "bearer":
      guard let claims = simulation.claims(String(words[1])), claims.audience != TokenEndpoint.graph else {
        return Self.unauthorized
      }
      guard claims.roles.contains("ReportingWebService.Read.All") else { return Self.forbidden }
    default: return Self.unauthorized
    }
    return simulation.settings.directoryRoleGranted ? nil : Self.forbidden
  }

  private static var unauthorized: HTTPResponse {
    let title = "401 - Unauthorized: Access is denied due to invalid credentials."
    var response = HTTPResponse(
      401, type: "text/html",
      "<!DOCTYPE html><html><head><title>\(title)</title></head><body><div id=\"header\"><h1>Server Error</h1></div>"
        + "<div id=\"content\"><fieldset><h2>\(title)</h2><h3>You do not have permission to view this directory or page "
        + "using the credentials that you supplied.</h3></fieldset></div></body></html>")
    response.set("WWW-Authenticate", "Basic Realm=\"\"")
    return response
  }

  private static var forbidden: HTTPResponse {
    HTTPResponse(
      403, type: "application/json",
      #"{"ErrorCode":"","Message":"No permission to access the report for the organization ."}"#)
  }

  private static func wrap(_ error: ReportingError, _ shape: ReportingShape) -> HTTPResponse {
    let message = JSONText.quoted(error.message)
    let language = error.status == 500 ? "" : "en-US"
    let inner = #"{"code":"\#(error.code)","message":{"lang":"\#(language)","value":\#(message)}}"#
    switch shape {
    case .light: return HTTPResponse(error.status, type: shape.contentType, #"{"odata.error":\#(inner)}"#)
    case .verbose: return HTTPResponse(error.status, type: shape.contentType, #"{"error":\#(inner)}"#)
    case .atom:
      return HTTPResponse(
        error.status, type: "application/xml;charset=utf-8",
        "<ServiceFault><Message>\(ReportingWriter.escape(error.message))</Message></ServiceFault>")
    }
  }

  private static let document =
    #"<?xml version="1.0" encoding="utf-8"?><service xmlns="http://www.w3.org/2007/app" "#
    + #"xmlns:atom="http://www.w3.org/2005/Atom"><workspace><atom:title>Default</atom:title>"#
    + #"<collection href="MessageTrace"><atom:title>MessageTrace</atom:title></collection>"#
    + #"<collection href="MessageTraceDetail"><atom:title>MessageTraceDetail</atom:title></collection>"#
    + "</workspace></service>"
}

extension ReportingShape {
  var contentType: String {
    switch self {
    case .verbose: "application/json;odata=verbose;charset=utf-8"
    case .light: "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"
    case .atom: "application/atom+xml;type=feed;charset=utf-8"
    }
  }
}

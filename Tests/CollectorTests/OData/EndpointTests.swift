// Which next links are followed, and which authority belongs to a service.

import HTTPTransport
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("Endpoint", .serialized)
struct EndpointTests {
  static let base = "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces"

  @Test(
    "what belongs to the endpoint is followed",
    arguments: [
      "HTTPS://GRAPH.MICROSOFT.COM:443/v1.0/admin/exchange/tracing/messageTraces?$skiptoken=a%253d",
      "https://graph.microsoft.com/v1.0/admin/exchange/tracing/MessageTraces?$skiptoken=a",
      "?$skiptoken=a", "messageTraces?$skiptoken=a", "/v1.0/admin/exchange/tracing/messageTraces?x",
      "//graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces?x", "./messageTraces?a",
      "../tracing/messageTraces?a",
    ])
  func followed(_ link: String) throws {
    let endpoint = Endpoint(address: try #require(WebAddress(Self.base)))
    let address = try endpoint.address(behind: PageCursor(link: link))
    #expect(address.origin.text == "https://graph.microsoft.com")
  }

  @Test(
    "what does not is refused",
    arguments: [
      "https://evil.test/v1.0/admin/exchange/tracing/messageTraces", "/v1.0/me/messages",
      "https://graph.microsoft.com./v1.0/admin/exchange/tracing/messageTraces",
      "https://graph.microsoft.com@evil.test/v1.0/admin/exchange/tracing/messageTraces",
      "https://user:pass@graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces",
      "https://graph.microsoft.com.evil.test/v1.0/admin/exchange/tracing/messageTraces",
      "https://evilgraph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces",
      "https://graph.microsoft.com%2eevil.test/v1.0/admin/exchange/tracing/messageTraces",
      "https://graph.microsoft.com%00.evil.test/v1.0/admin/exchange/tracing/messageTraces",
      "https://gr\u{430}ph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces",
      "https://evil.test\\@graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces",
      "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces?a\tb",
      "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces?a\r\nX: y",
      "https:/evil", "https:evil", "http://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces", "//evil/x",
      "file:///etc/passwd", "ftp://graph.microsoft.com/", "javascript:alert(1)", "https://127.0.0.1/", "https://[::1]/",
      "https://169.254.169.254/", "https://2130706433/", "https://0x7f.1/",
      "https://graph.microsoft.com:444/v1.0/admin/exchange/tracing/messageTraces",
      "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces/../../me",
      "https://graph.microsoft.com/v1.0/admin/exchange/tracing/messageTraces/%2e%2e/me", "",
    ].filter { !$0.isEmpty })
  func refused(_ link: String) throws {
    let endpoint = Endpoint(address: try #require(WebAddress(Self.base)))
    #expect { try endpoint.address(behind: PageCursor(link: link)) } throws: { error in
      (error as? Failure)?.code.rawValue == "source.foreign_link"
    }
  }

  @Test("P19 a link longer than 64 kB is an error, one of 60 kB is not")
  func length() throws {
    let endpoint = Endpoint(address: try #require(WebAddress(Self.base)))
    let long = "?" + String(repeating: "a", count: 60_000)
    #expect(try endpoint.address(behind: PageCursor(link: long)).query?.utf8.count == 60_000)
    #expect { try endpoint.address(behind: PageCursor(link: long + long)) } throws: { error in
      (error as? Failure)?.code.rawValue == "source.bad_link"
    }
  }

  @Test("the legacy service's real relative link leads to the report itself")
  func relative() throws {
    let base = "https://reports.office365.com/ecp/reportingwebservice/reporting.svc/MessageTrace"
    let endpoint = Endpoint(address: try #require(WebAddress(base)))
    let link = "../../reportingwebservice/reporting.svc/MessageTrace?$filter=a%20eq%20'b'&$skiptoken=1999"
    #expect(
      try endpoint.address(behind: PageCursor(link: link)).text == base + "?$filter=a%20eq%20'b'&$skiptoken=1999")
  }

  @Test(
    "an app of a national cloud signs in there",
    arguments: [
      ("https://graph.microsoft.com", "https://login.microsoftonline.com"), ("", "https://login.microsoftonline.com"),
      ("https://graph.microsoft.us", "https://login.microsoftonline.us"),
      ("https://dod-graph.microsoft.us/", "https://login.microsoftonline.us"),
      ("https://microsoftgraph.chinacloudapi.cn", "https://login.partner.microsoftonline.cn"),
      ("https://reports.office365.us/ecp/reportingwebservice/reporting.svc", "https://login.microsoftonline.us"),
      ("https://evil.test/.us", "https://login.microsoftonline.com"),
    ])
  func nationalCloud(_ service: String, _ authority: String) {
    #expect(NationalCloud.authority(besideService: service) == authority)
  }
}

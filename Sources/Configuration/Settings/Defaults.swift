// What holds where nothing is configured.

package enum Defaults {
  package static let graphURL = "https://graph.microsoft.com"
  package static let reportingURL = "https://reports.office365.com/ecp/reportingwebservice/reporting.svc"
  package static let lag: Duration = .seconds(60)
  package static let revisits: [Duration] = [.seconds(900), .seconds(3_600), .seconds(6 * 3_600), .seconds(24 * 3_600)]
  package static let every: Duration = .seconds(60)
  package static let since: Duration = .seconds(24 * 3_600)
  package static let graphPageSize = 5_000
  package static let reportingPageSize = 2_000
  package static let maximumBody = 32 << 20
}

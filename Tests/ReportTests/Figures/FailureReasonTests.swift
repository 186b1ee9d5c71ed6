// Reasons as the services give them, and what is left of them.

import Testing

@testable import Report

@Suite struct FailureReasonTests {
  static let cases: [(String, String, String?)] = [
    (
      "Reason: [{LED=550 5.4.310 DNS domain bbb.ccccccc does not exist [Message=InfoDomainNonexistent] [LastAttemptedServerName=bbb.ccccccc]};{MSG=InfoDomainNonexistent};{FQDN=bbb.ccccccc}]",
      "550 5.4.310 InfoDomainNonexistent", "no such domain"
    ),
    (
      "Reason: [{LED=550 5.1.1 RESOLVER.ADR.RecipNotFound; not found}]", "550 5.1.1 RESOLVER.ADR.RecipNotFound",
      "no such recipient"
    ),
    ("451 4.7.500 Server busy. ann@contoso.com", "451 4.7.500", "security or policy"),
    ("552 5.2.2", "552 5.2.2", "mailbox full"), ("1550 5.1.1 x 550 5.7.509", "550 5.7.509", "refused because of DMARC"),
    ("550 4.1.1", "550 4.1.1", nil), ("550 5.", "550 5.", nil), ("", "no reason given", nil),
    ("550 5.9.9 [Message=]", "550 5.9.9", nil), ("550 5.1.1 Message=", "550 5.1.1", "no such recipient"),
  ]

  @Test("a reason keeps its code and name, no host and no person", arguments: cases)
  func short(_ text: String, _ short: String, _ meaning: String?) {
    #expect(FailureReason.short(text) == short)
    #expect(FailureReason.meaning(FailureReason.short(text)) == meaning)
  }

  @Test("a text without a code is cut, whatever it is made of")
  func cut() {
    #expect(FailureReason.short(String(repeating: "💥", count: 100_000)).unicodeScalars.count == 80)
    #expect(FailureReason.short(String(repeating: "5", count: 100_000)).utf8.count == 80)
  }
}

// A sign of life with every page, for the watchdog of a daemon.

internal import IntakeCore
internal import Trigger

/// The normaliser, with a beat after each page.
struct BeatingMapping<Base: Normalising>: Normalising {
  let base: Base
  let heartbeat: Heartbeat

  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    base.normalise(page, created: created, into: &batch, ledger: &ledger)
    heartbeat.beat(created)
  }
}

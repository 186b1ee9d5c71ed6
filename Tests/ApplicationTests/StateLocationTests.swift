// Where a tenant's state is by default, and which playbooks mean the same place.

internal import Checkpoint
internal import Configuration
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import message_trace

@Suite struct StateLocationTests {
  private let folder: ScratchFolder
  private var common: String { folder("common") }

  init() throws { folder = try ScratchFolder() }

  /// A state in which that tenant has collected something.
  private func collect(_ tenant: String, in path: String) throws {
    var state = try StateDirectory.open(path, tenant: tenant, log: .silent)
    try state.commit(Checkpoint(cursors: ["live": Instant(seconds: 1_790_000_000)]))
    state.close()
  }

  @Test("every tenant has a directory of its own")
  func ownDirectory() {
    #expect(StateLocation.ofTenant("contoso.com", in: common) == "\(common)/contoso.com")
    #expect(StateLocation.ofTenant("../x/y", in: common) == "\(common)/_.._x_y")
    #expect(StateLocation.ofTenant("", in: common) == common)
  }

  @Test("a state that an earlier version kept in the common directory is used on, by its tenant alone")
  func earlierState() throws {
    try collect("contoso.com", in: common)
    #expect(StateLocation.ofTenant("contoso.com", in: common) == common)
    #expect(StateLocation.ofTenant("fabrikam.com", in: common) == "\(common)/fabrikam.com")
    try collect("fabrikam.com", in: "\(common)/fabrikam.com")
    #expect(StateLocation.used(in: common) == [common, "\(common)/fabrikam.com"])
  }

  @Test("a common state that cannot be read is not stepped over")
  func damagedState() throws {
    try collect("contoso.com", in: common)
    try folder.write("{", to: "common/checkpoint.json")
    #expect(StateLocation.ofTenant("contoso.com", in: common) == common)
  }

  @Test(
    "two playbooks on one state are refused however they spell it", arguments: ["common", "link", "link/../common/."])
  func shared(_ spelling: String) throws {
    try collect("contoso.com", in: common)
    #expect(unsafe symlink(common, folder("link")) == 0)
    let failure = #expect(throws: Failure.self) {
      try StateLocation.refuseShared([("a.json", common), ("b.json", folder(spelling))])
    }
    #expect(failure?.code == .sharedState && failure?.exit == .configuration)
    try StateLocation.refuseShared([("a.json", common), ("b.json", "\(common)/b")])
  }

  @Test("directories that are still to be made are compared below what exists")
  func sharedBeforeItExists() throws {
    #expect(unsafe symlink(folder.path, folder("link")) == 0)
    #expect(throws: Failure.self) {
      try StateLocation.refuseShared([("a", folder("new/state")), ("b", folder("link/new/state"))])
    }
    try StateLocation.refuseShared([("a", folder("new/state")), ("b", folder("new/other"))])
  }
}

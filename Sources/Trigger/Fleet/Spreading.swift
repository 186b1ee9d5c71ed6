// Which tenants each member of a fleet holds: evenly, to one more or less, and without a coordinator. Pure: what the database
// says in, what to do out.

/// The shares of a fleet as one member sees them.
///
/// Every member computes the same shares from the same view, so that they rarely want the same tenant; the lease decides
/// where two do. Those that hold the most keep one more than the others where the shares cannot be equal: nothing moves once
/// the counts differ by one at most.
package struct Spreading: Sendable, Equatable {
  /// Tenants to take, in this order: nobody holds them.
  package private(set) var toTake: [String] = []
  /// Tenants to give up at the end of their pass: another member has fewer.
  package private(set) var toHandOver: [String] = []

  /// - Parameters:
  ///   - member: the one that asks.
  ///   - members: those that live and collect the same tenants; `member` counts whether it is listed or not.
  ///   - tenants: what `member` collects.
  ///   - holders: by tenant, who holds its lease now; also those that are no members.
  package init(of member: String, among members: Set<String>, tenants: Set<String>, holders: [String: String]) {
    let members = members.union([member])
    var held: [String: [String]] = [:]
    var free: [String] = []
    for tenant in tenants.sorted() {
      if let holder = holders[tenant] { held[holder, default: []].append(tenant) } else { free.append(tenant) }
    }
    // What others than members hold is theirs, and nobody's share.
    let shared = free.count + members.reduce(0) { $0 + (held[$1]?.count ?? 0) }
    let ranked = members.sorted { left, right in
      let (many, few) = (held[left]?.count ?? 0, held[right]?.count ?? 0)
      return many == few ? left < right : many > few
    }
    let (share, rest) = shared.quotientAndRemainder(dividingBy: ranked.count)
    for (rank, name) in ranked.enumerated() {
      let own = held[name] ?? []
      let target = rank < rest ? share + 1 : share
      let wanted = max(0, target - own.count)
      if name == member {
        toTake = Array(free.prefix(wanted))
        toHandOver = Array(own.dropFirst(target))
      }
      free.removeFirst(min(wanted, free.count))
    }
  }
}

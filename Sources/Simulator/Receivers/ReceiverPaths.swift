// The paths of services that take events.

enum ReceiverPaths {
  /// Parts of paths, beside those that end in `/_bulk`.
  static let all = ["/services/collector", "/plain", "/jsons", "/batch", "/dataCollectionRules/", "/receive"]
}

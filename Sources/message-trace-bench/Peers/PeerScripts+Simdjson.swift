// The program in C++ that simdjson is measured with.

extension PeerScripts {
  /// Values are copied with their escapes; those that the id is made of are resolved.
  static let simdjson = #"""
    #include <openssl/sha.h>
    #include <simdjson.h>
    #include <cstdio>
    #include <string>
    using namespace simdjson;
    using text = std::string_view;
    static std::string lower(text value) {
      std::string result(value);
      for (char &c : result) if (c >= 'A' && c <= 'Z') c |= 0x20;
      return result;
    }
    static bool ends(text value, text end) {
      return value.size() >= end.size() && value.substr(value.size() - end.size()) == end;
    }
    static bool local(text d) {
      return d == "contoso.com" || d == "contoso.onmicrosoft.com" || ends(d, ".contoso.com")
        || ends(d, ".contoso.onmicrosoft.com");
    }
    // What stands between the quotes, escapes as they are.
    static text raw(ondemand::value value) {
      text token = value.raw_json_token();
      while (!token.empty() && (token.back() == ' ' || token.back() == ',' || token.back() == '}')) token.remove_suffix(1);
      return token.size() > 1 && token[0] == '"' ? token.substr(1, token.size() - 2) : token;
    }
    int main(int, char **words) {
      padded_string input = padded_string::load(words[1]);
      ondemand::parser parser;
      std::string out;
      ondemand::document_stream rows = parser.iterate_many(input, 1 << 22);
      for (auto document : rows) {
        text id, sender, recipient, message, received, subject, size, from, to, status;
        std::string plain[3];
        ondemand::object object = document.get_object();
        for (auto field : object) {
          text key = field.unescaped_key();
          ondemand::value value = field.value();
          text content = raw(value);
          if (key == "id") { id = content; plain[0] = text(value.get_string()); }
          else if (key == "senderAddress") sender = content;
          else if (key == "recipientAddress") { recipient = content; plain[1] = text(value.get_string()); }
          else if (key == "messageId") message = content;
          else if (key == "receivedDateTime") received = content;
          else if (key == "subject") subject = content;
          else if (key == "size") size = content;
          else if (key == "fromIP") from = content;
          else if (key == "toIP") to = content;
          else if (key == "status") { status = content; plain[2] = text(value.get_string()); }
        }
        std::string identity = "contoso.onmicrosoft.com\n" + lower(plain[0]) + "\n" + lower(plain[1]) + "\n" + plain[2];
        unsigned char digest[32];
        SHA256((const unsigned char *)identity.data(), identity.size(), digest);
        char hex[33];
        for (int i = 0; i < 16; i++) {
          hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
          hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
        }
        hex[32] = 0;
        text name = sender.substr(0, sender.find('@')), toName = recipient.substr(0, recipient.find('@'));
        std::string fd = lower(sender.substr(name.size() + 1)), td = lower(recipient.substr(toName.size() + 1));
        bool ours = local(fd), theirs = local(td);
        const char *outcome = status == "delivered" ? "success"
          : status == "failed" || status == "quarantined" || status == "filteredAsSpam" ? "failure" : "unknown";
        auto add = [&](const char *key, text value) { out += key; out += value; out += '"'; };
        add("{\"@timestamp\":\"", received);
        add(",\"event.id\":\"", hex);
        out += ",\"event.kind\":\"event\",\"event.category\":[\"email\"],\"event.type\":[\"info\"],"
          "\"event.dataset\":\"o365.message_trace\",\"event.module\":\"o365\",\"event.provider\":\"graph\","
          "\"observer.vendor\":\"Microsoft\",\"observer.product\":\"Exchange Online\",\"ecs.version\":\"8.11.0\","
          "\"event.created\":\"2026-09-21T14:13:20.000Z\"";
        add(",\"event.action\":\"", status);
        add(",\"event.outcome\":\"", outcome);
        add(",\"email.delivery_timestamp\":\"", received);
        add(",\"email.message_id\":\"", message);
        add(",\"email.local_id\":\"", id);
        add(",\"o365.message_trace.trace_id\":\"", id);
        add(",\"email.subject\":\"", subject);
        add(",\"email.direction\":\"", ours ? theirs ? "internal" : "outbound" : theirs ? "inbound" : "external");
        add(",\"email.from.address\":[\"", sender);
        add("],\"email.to.address\":[\"", recipient);
        out += ']';
        if (!from.empty()) add(",\"source.ip\":\"", from);
        add(",\"source.domain\":\"", fd);
        add(",\"source.user.domain\":\"", fd);
        add(",\"source.user.email\":\"", sender);
        add(",\"source.user.name\":\"", name);
        if (!to.empty()) add(",\"destination.ip\":\"", to);
        add(",\"destination.domain\":\"", td);
        add(",\"destination.user.domain\":\"", td);
        add(",\"destination.user.email\":\"", recipient);
        add(",\"destination.user.name\":\"", toName);
        if (!from.empty() || !to.empty()) {
          add(",\"related.ip\":[\"", from.empty() ? to : from);
          if (!from.empty() && !to.empty()) add(",\"", to);
          out += ']';
        }
        add(",\"related.user\":[\"", sender);
        if (sender != recipient) add(",\"", recipient);
        add("],\"related.hosts\":[\"", fd);
        if (fd != td) add(",\"", td);
        out += "],\"organization.name\":\"contoso.onmicrosoft.com\"";
        add(",\"o365.message_trace.status\":\"", status);
        out += ",\"o365.message_trace.size\":";
        out += size;
        out += ",\"tags\":[\"message-trace\"]}\n";
        if (out.size() > 1 << 20) { fwrite(out.data(), 1, out.size(), stdout); out.clear(); }
      }
      fwrite(out.data(), 1, out.size(), stdout);
    }
    """#
}

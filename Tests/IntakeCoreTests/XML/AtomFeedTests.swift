// Atom feeds to JSON rows, and XML that is none.

import Testing

@testable import IntakeCore

@Suite("AtomFeed", .serialized)
struct AtomFeedTests {
  private static let feed = """
    <?xml version="1.0" encoding="utf-8"?>
    <feed xml:base="https://r.test/" xmlns="http://www.w3.org/2005/Atom" xmlns:d="ds" xmlns:m="md">
     <title type="text">MessageTrace</title><!-- a comment --><link rel="self" title="MessageTrace" href="MessageTrace" />
     <entry><id>https://r.test/MessageTrace(0)</id><link rel="next" href="not-this" />
      <content type="application/xml"><m:properties>
       <d:Organization>contoso.onmicrosoft.com</d:Organization><d:MessageId m:null="true" />
       <d:Received m:type="Edm.DateTime">2026-03-02T08:15:07.2828271</d:Received>
       <d:Subject>a &lt;b&gt; &amp;amp; &#x20AC;&#10;"q" \\ <![CDATA[<raw> & ]]></d:Subject>
       <d:Size m:type="Edm.Int32">145123</d:Size><d:Seen m:type="Edm.Boolean">true</d:Seen>
       <d:Odd m:type="Edm.Int32">1e9x</d:Odd><d:Empty></d:Empty>
      </m:properties></content></entry>
     <entry><content><m:properties><d:Size m:type="Edm.Int64">0</d:Size></m:properties></content></entry>
     <link rel="next" href="MessageTrace?$filter=a&amp;$skiptoken=1999" />
    </feed>
    """

  @Test("columns become JSON of their type, entities are resolved once, the feed's own next link is found")
  func rows() throws {
    let feed = try #require(try AtomFeed(Array(Self.feed.utf8)))
    let rows = feed.rows.map { String(decoding: feed.bytes[$0], as: UTF8.self) }
    #expect(
      rows == [
        #"{"Organization":"contoso.onmicrosoft.com","MessageId":null,"Received":"2026-03-02T08:15:07.2828271","#
          + #""Subject":"a <b> &amp; €\u000a\"q\" \\ <raw> & ","Size":145123,"Seen":true,"Odd":"1e9x","Empty":""}"#,
        #"{"Size":0}"#,
      ])
    #expect(feed.next == "MessageTrace?$filter=a&$skiptoken=1999")
  }

  @Test("a feed cut anywhere is an error, never a shorter feed")
  func cut() {
    let bytes = Array(Self.feed.utf8)
    for length in stride(from: 0, to: bytes.count - 1, by: 7) {
      #expect(throws: XMLFault.self) { try AtomFeed(Array(bytes.prefix(length))) }
    }
  }

  @Test(
    "what is no XML, or more XML than is wanted, is refused",
    arguments: [
      "<a></b>", "<a/><b/>", "text", "<a>&nope;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a b></a>", "<a b=1/>",
      "< a/>",
      "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a>", "</a>", "<a></a>x", "<a b='c", "<![CDATA[x]]>",
      "<a><!-- </a>", "",
      String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40),
    ])
  func refused(_ text: String) {
    #expect(throws: XMLFault.self) { try AtomFeed(Array(text.utf8)) }
  }

  @Test("another document is no feed")
  func other() throws {
    #expect(try AtomFeed(Array("<?xml version='1.0'?><ServiceFault><Message>x</Message></ServiceFault>".utf8)) == nil)
  }
}

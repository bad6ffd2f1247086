// Package registry is the resident register 住民基本台帳 as far as the certificates need it: residents by resident code
// (住民票コード), the events of their lives, and beside it the list of those who hold certificates (証明書発行者DB), with
// the server that answers the CA's side (認証局連携サーバ).
//
// # From an event to a notice
//
// An event amends a resident's record. Which events there are, what each may change and whether the CA's side is told
// stands in one table, [Rules].
//
// Each entry of a holder list becomes a [Holder] with two spellings: the listed attributes, as the CA's side knows them,
// and the present ones, as the register has them now. A holder follows the events (突合): the next event after the issue
// whose attributes before the change are exactly the holder's present ones is his, gives notice of the listed
// attributes if its rule says so, and makes the attributes after the change his present ones. So a merger changes the
// present attributes and tells nobody, and no new value ever leaves the register.
//
// Lists come once a day by post, a long one in parts. An event that meets no holder waits until whole lists without a gap
// cover its time, and is then closed as one without a holder. As the register keeps its events, a holder who is listed
// late still goes through all that happened since the issue.
//
// Where two residents had the same four attributes at an event, nobody can compute whose the certificate is: the
// holders that would follow it stop, and a clerk chooses. Several certificates of one resident are no such case: each
// listed spelling gets its notice.
//
// # Export
//
// The register certifies to a counter what a resident's record says, and with it a pseudonym by which the CA tells persons
// apart: computed from the resident code with a key that only the register has. Over a network the clerk first calls the
// resident up at the register's own terminal, by his resident code, for an application at a counter ([Service.CallUp]).
// Then the counter asks by the number of its application alone ([Service.Export]), on the same day. Without a network the
// municipality has the same written as a letter on a sealed medium ([Service.ExportByMedium]).
//
// # Invariants
//
//   - The resident code stays here. No message and no counter's question has a place for it, and the audit log names a resident by a number.
//   - One event gives at most one notice for each listed spelling.
//   - Event, matching, notices with their letters and audit entry are one transaction; so are a part of a list and all it
//     meets.
//
// # Limits
//
// The events of one resident come in the order of their times; an earlier one that comes late is refused. A certificate
// that was issued after a change with the attributes of before is met by no event: to prevent that is the counter's
// work. Two holders with the same listed attributes cannot be told apart by a notice. There is one register for all
// municipalities: each may amend every record, call every resident up for any counter and decide every question. The pseudonym key cannot be replaced.
//
// Law: 住民基本台帳法 §8, §22, §23, §30-8
package registry

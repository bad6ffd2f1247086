// Package linkdb keeps the serial map 基本４情報とシリアル番号対応DB, the notices and what follows from them in the link
// server's own database, with the audit log in the same transactions. It decides nothing. Attributes are stored by their
// key, see [message.Attributes.Key].
//
// Req: R-SYS-17
package linkdb

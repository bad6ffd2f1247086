// Package pcsc speaks to smart card readers (ICカードリーダライタ) the way PC/SC programs on Linux do, and can itself be the
// service such programs speak to. It needs neither cgo nor libpcsclite.
//
// PC/SC Lite splits into a library, which programs load, and a service, pcscd, which owns the readers. The two exchange
// fixed C structs over a unix socket. This package knows both ends:
//
//   - [Client] and [Conn] do what the library does: list the readers, wait for a card, exchange APDUs, hold a transaction.
//   - [Server] does what pcscd does, with cards that are Go values. An unmodified PC/SC program finds it when the
//     environment variable PCSCLITE_CSOCK_NAME holds the path of the server's socket.
//
// The protocol is pcsc-lite's client protocol 4.4, as pcscd 1.9 requires it and 2.x still accepts it. Its layout is in wire.go.
//
// # Invariants of the server
//
//   - One card is driven by one goroutine at a time, whatever its clients do; [Server.Insert] refuses a card that is in
//     another reader.
//   - A reader's event counter counts insertions and removals and nothing else. Programs take any other step for a removed card.
//   - A card forgets its volatile state (selected file, verified PINs) when it is inserted, reset, unpowered or removed, when a
//     client dies within a transaction, and at once when its last handle is closed. pcscd powers an idle card off about a
//     second later; here it is immediate, so that what a program meets never depends on time.
//   - What one client sends can end that client's connection, never another's. Sizes and numbers of clients and handles are bounded.
//   - Nothing a card or a program says is logged; [Exchange] carries an APDU's header, its lengths and the status word.
//
// # Where the server is not like pcscd 1.9
//
//   - An idle card is powered off at once, see above.
//   - A client that waits for the end of a transaction never waits for its own, and is noticed when it dies; with pcscd both
//     block the reader for ever.
//   - A program that dies within a command has the command cancelled; pcscd lets it end.
//   - A handle that goes from exclusive to shared use lets others in; pcscd keeps its lock for one more transaction.
//   - A client that breaks the protocol loses its connection at once, not after two seconds.
//
// # Limits
//
// Readers are fixed when the server starts, at most [MaxReaders]. SCardControl answers SCARD_E_UNSUPPORTED_FEATURE, so there
// is no PIN pad. The structs are those of pcsc-lite on Linux; the PC/SC framework of macOS does not speak this protocol.
package pcsc

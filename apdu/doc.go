// Package apdu holds the messages between a terminal and a chip card: command
// APDUs, response APDUs and status words (コマンドAPDU, レスポンスAPDU, 状態語).
//
// A [Command] is read by [Parse] and written by [Command.Bytes]; every byte
// string that Parse accepts is written back unchanged. A status word [SW] other
// than [Success] is an error value, so the answer of a card can be returned,
// wrapped and compared like any other error:
//
//	if errors.Is(err, apdu.FileNotFound) { … }
//
// The package knows no card application and keeps no state. Secure messaging
// and logical channels are outside it: the class byte is carried, not read,
// except for the chaining bit.
package apdu

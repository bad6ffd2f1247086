// Package message (庁間の電文) holds what the offices say to each other, as plain structs: the only words two offices
// have in common. An office never imports another; it knows these.
//
// Those that must not be lost or doubled are letters, brought by package post: who writes which to whom stands in
// letter.go. The others are questions, asked again when the answer is lost, see package line.
//
// Each message names its legal word in Japanese. What a message may not carry is written beside it: neither the
// resident code (住民票コード) nor the My Number (個人番号) stands in any of them.
//
// Req: R-DAT-08, R-GEN-02
package message

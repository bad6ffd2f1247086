// Package message (庁間の電文) holds what the offices say to each other, as plain structs: the only words two offices
// have in common. An office never imports another; it knows these.
//
// Each message names its legal word in Japanese. What a message may not carry is written beside it: neither the
// resident code (住民票コード) nor the My Number (個人番号) stands in any of them.
//
// Req: R-DAT-08, R-GEN-02
package message

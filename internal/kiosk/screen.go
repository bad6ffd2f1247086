package kiosk

import (
	"fmt"
	"slices"
)

// Screen is one of the five screens of the touch panel.
type Screen int

// The screens in their order.
//
// Req: R-KSK-07
const (
	SetCard    Screen = 1 // ① カードのセット
	ChooseWork Screen = 2 // ② 業務の選択
	Password   Screen = 3 // ③ パスワードの入力
	Generation Screen = 4 // ④ 鍵ペアの生成
	ReturnCard Screen = 5 // ⑤ 鍵ペアの格納・カードの返却
)

// String returns the screen's number and name, such as "1 set card".
func (s Screen) String() string {
	names := []string{"set card", "choose work", "password", "generate", "store and return card"}
	if s < SetCard || s > ReturnCard {
		return fmt.Sprintf("Screen(%d)", int(s))
	}
	return fmt.Sprintf("%d %s", int(s), names[s-1])
}

// Work is a line of the menu. The zero value is none.
type Work int

// The menu.
//
// Req: R-KSK-02, R-KSK-08
const (
	KeyPair   Work = 1 // 鍵ペア生成
	PINChange Work = 2 // パスワード設定・変更
)

// Act is what the resident does at a screen: the method of [Kiosk] or [Session] of that name.
type Act string

// The acts.
const (
	ActBegin     Act = "Begin"
	ActChoose    Act = "Choose"
	ActSetPIN    Act = "SetPIN"
	ActVerifyPIN Act = "VerifyPIN"
	ActChangePIN Act = "ChangePIN"
	ActGenerate  Act = "Generate"
	ActAnother   Act = "Another"
	ActReturn    Act = "Return"
)

// Edge leads from one screen to the next.
type Edge struct {
	From Screen
	Work Work // only while this work is done; 0: whatever is
	Act  Act
	To   Screen
	Req  string // what asks for it; empty if only we do
}

// Edges returns every way from screen to screen. An act that has no edge from the present screen is refused, and an act
// that fails leaves the screen as it is, except Return, which ends every session.
//
// Assumed: on the last screen the resident may go back to the menu, to make the second key pair with the card still in
// the reader, and he may take the card back on any screen.
func Edges() []Edge { return slices.Clone(edges[:]) }

var edges = [...]Edge{
	{SetCard, 0, ActBegin, ChooseWork, "R-KSK-01"},
	{ChooseWork, 0, ActChoose, Password, "R-KSK-02"},
	{Password, KeyPair, ActSetPIN, Generation, "R-KSK-03"},
	{Password, KeyPair, ActVerifyPIN, Generation, "R-ISS-32"},
	{Password, PINChange, ActSetPIN, ReturnCard, "R-KSK-08"},
	{Password, PINChange, ActChangePIN, ReturnCard, "R-KSK-08"},
	{Generation, KeyPair, ActGenerate, ReturnCard, "R-KSK-04"},
	{ReturnCard, 0, ActAnother, ChooseWork, ""},
	{ReturnCard, 0, ActReturn, SetCard, "R-KSK-05"},
	{ChooseWork, 0, ActReturn, SetCard, ""},
	{Password, 0, ActReturn, SetCard, ""},
	{Generation, 0, ActReturn, SetCard, ""},
}

// next returns the screen that an act leads to; false if it is out of order.
func next(from Screen, work Work, act Act) (Screen, bool) {
	for _, e := range edges {
		if e.From == from && e.Act == act && (e.Work == 0 || e.Work == work) {
			return e.To, true
		}
	}
	return from, false
}

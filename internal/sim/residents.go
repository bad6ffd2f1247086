package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
)

// No person is called like this, and nobody can take one for another's name.
var (
	adjectives = []string{
		"青い", "赤い", "白い", "黒い", "丸い", "長い", "早い", "遠い", "高い", "深い", "明るい", "涼しい", "静かな", "小さな", "大きな", "確かな", "遥かな", "豊かな", "愉快な", "素直な",
	}
	nouns = []string{
		"稲妻", "夕立", "紙風船", "歯車", "灯台", "竹とんぼ", "望遠鏡", "水車", "羅針盤", "万年筆", "渡り鳥", "砂時計", "雪だるま", "風見鶏", "虫眼鏡", "石畳", "帆船", "鉛筆", "流れ星", "郵便箱",
		"毛糸玉", "氷山", "向日葵", "積み木",
	}
)

// codeOf is the resident code of the n-th person of a nation: story persons first. Nobody has another's.
func codeOf(random *rand.Rand, n int) registry.ResidentCode {
	return registry.ResidentCode(fmt.Sprintf("%05d%06d", random.IntN(100_000), n))
}

// residents are the ordinary residents of a nation: in the register, without cards.
func residents(seed uint64, count int) []registry.Resident {
	random := rand.New(rand.NewPCG(seed, 2))
	all := make([]registry.Resident, count)
	for i := range all {
		home, town := app.Mihon, "架空県見本市例示町"
		if random.IntN(3) == 0 {
			home, town = app.Rinri, "架空県隣里市新例町"
		}
		born := time.Date(1930+random.IntN(90), time.Month(1+random.IntN(12)), 1+random.IntN(28), 0, 0, 0, 0, jpki.Japan)
		all[i] = registry.Resident{
			Code: codeOf(random, len(people())+i), Municipality: home.Code,
			Attributes: message.Attributes{
				Name:  adjectives[random.IntN(len(adjectives))] + "　" + nouns[random.IntN(len(nouns))],
				Birth: jpki.BirthOn(born), Sex: []jpki.Sex{jpki.Male, jpki.Female}[random.IntN(2)],
				Address: town + wide(1+random.IntN(9)) + "丁目" + wide(1+i) + "番地",
			},
		}
	}
	return all
}

// wide writes a number in the digits of addresses.
func wide(n int) string {
	digits := []rune(fmt.Sprint(n))
	for i := range digits {
		digits[i] += '０' - '0'
	}
	return string(digits)
}

// holders are the story persons of a nation as they are before anything happens to them.
func holders(seed uint64, end time.Time) []app.Person {
	random := rand.New(rand.NewPCG(seed, 1))
	var all []app.Person
	for i, p := range people() {
		issued := p.scene.begin(end)
		a := message.Attributes{Name: p.name, Birth: jpki.BirthOn(p.born(end)), Sex: p.sex, Address: "架空県見本市例示町１丁目" + wide(1+i) + "番地"}
		age, years := a.Birth.Age(issued), 10
		kinds := []jpki.Kind{jpki.Authentication, jpki.Signing}
		if age < 15 {
			kinds = kinds[:1]
		}
		if age < 18 {
			years = 5
		}
		h := app.Person{
			ID: p.id, Attributes: a, Substitutes: p.spelling(a), Municipality: app.Mihon, Code: codeOf(random, i), Kinds: kinds,
			PINs:       app.PINs{Auth: fmt.Sprintf("%04d", 1000+random.IntN(9000)), Sign: fmt.Sprintf("TEST%02d", random.IntN(100))},
			CardSerial: fmt.Sprintf("TEST%012X", random.Uint64()>>16), CardEnd: ca.Birthday(a.Birth, years, issued), Reception: "story" + p.id,
		}
		if p.stays != nil {
			h.CardEnd = p.stays(end).UTC()
		}
		all = append(all, h)
	}
	return all
}

package jpki

// Published is one of the CA certificates whose fingerprint J-LIS has published.
type Published struct {
	Kind       Kind
	Generation int // 1 from 2015, 2 from 2019, 3 from 2023
}

// published holds the SHA-256 fingerprints of the six CA certificates of the real service.
var published = map[string]Published{
	"19645405A1FE14377434BD55957628AC4038557C542403A2243F21C706FC9355": {SigningCA, 1},
	"79679C33E4CC9319440F1AD120A597FF1844E2EF217063ADB176966FD5E6FBEB": {SigningCA, 2},
	"D227F6CDE11D35C5252178F106F843D24651944975413B539FA2FB68DBFA365F": {SigningCA, 3},
	"4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D": {AuthenticationCA, 1},
	"0D98DE47FC11B7F67126874B7028B6026A803D2638D6EDFE53176953961FADE6": {AuthenticationCA, 2},
	"64114F29620C24ED2631D46476A040E7EE740D956089C00B036A6A8118C322B5": {AuthenticationCA, 3},
}

// Recognize says which of the six published J-LIS CA certificates has the fingerprint f. To be recognised is not to be
// trusted: who trusts a certificate decides so himself.
func Recognize(f Fingerprint) (Published, bool) {
	p, ok := published[f.String()]
	return p, ok
}

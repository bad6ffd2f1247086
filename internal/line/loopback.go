package line

import (
	"net"
	"net/http"

	"github.com/openjpki/jpki/internal/fault"
)

// Loopback lets requests through that come from this machine, to this server by its own name, and, if a browser sends them,
// from this server's own pages. So neither another machine, nor a page of another site in a browser here, nor one whose name
// was made to lead here (DNS rebinding), reaches what stands behind it. Nothing of the answers is kept by the browser. The
// fault is "line.foreign".
func Loopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOwn(r) {
			Refuse(w, fault.New(fault.Denied, "line.foreign"))
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

func isOwn(r *http.Request) bool {
	at, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !at.IP.IsLoopback() {
		return false
	}
	_, port, err := net.SplitHostPort(at.String())
	if err != nil || r.Host != at.String() && r.Host != net.JoinHostPort("localhost", port) {
		return false
	}
	for _, origin := range r.Header.Values("Origin") {
		if origin != "http://"+r.Host {
			return false
		}
	}
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" { // none: typed into the browser
			return false
		}
	}
	return true
}

package line_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
)

// ask sends a request to a server of this machine, as a browser would with these headers ("Name: value"), and returns the
// answer with its text, or its fault.
func ask(t *testing.T, method, url, body string, headers ...string) (*http.Response, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	must(t, err)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Add(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	must(t, err)
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return response, "", line.Refusal(response, "server")
	}
	text, err := io.ReadAll(response.Body)
	must(t, err)
	return response, string(text), nil
}

// Only pages of this machine and of this server get in.
func TestLoopback(t *testing.T) {
	address := linetest.Run(t, line.Server{Handler: line.Loopback(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "in") }))})
	_, port, _ := strings.Cut(address, ":")
	tests := []struct {
		name    string
		headers []string
		in      bool
	}{
		{"a program", nil, true},
		{"own page", []string{"Origin: http://" + address, "Sec-Fetch-Site: same-origin"}, true},
		{"typed by hand", []string{"Sec-Fetch-Site: none"}, true},
		{"by its other name", []string{"Host: localhost:" + port, "Origin: http://localhost:" + port}, true},
		{"another site's page", []string{"Origin: https://attacker.example"}, false},
		{"another server of this machine", []string{"Origin: http://127.0.0.1:1"}, false},
		{"another name of this machine", []string{"Origin: http://localhost:" + port}, false},
		{"https of the same name", []string{"Origin: https://" + address}, false},
		{"a page without origin", []string{"Origin: null"}, false},
		{"two origins", []string{"Origin: http://" + address, "Origin: https://attacker.example"}, false},
		{"an image on another site", []string{"Sec-Fetch-Site: cross-site"}, false},
		{"an image on another server of this machine", []string{"Sec-Fetch-Site: same-site"}, false},
		{"a name that was made to lead here", []string{"Host: attacker.example:" + port, "Origin: http://attacker.example:" + port}, false},
		{"no port", []string{"Host: 127.0.0.1"}, false},
		{"another port", []string{"Host: 127.0.0.1:1"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			response, text, err := ask(t, http.MethodGet, "http://"+address+"/", "", tt.headers...)
			if tt.in && text != "in" || !tt.in && fault.KeyOf(err) != "line.foreign" {
				t.Errorf("answer %q, %v, want let in %t", text, err, tt.in)
			}
			if got := response.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q", got)
			}
		})
	}
}

// A connection that does not end at this machine's own address gets nothing, whatever it says.
func TestLoopbackOnly(t *testing.T) {
	for name, at := range map[string]net.Addr{"another address": &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, "none": &net.UnixAddr{}} {
		request := httptest.NewRequest(http.MethodGet, "http://192.0.2.1:80/", nil)
		request = request.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, at))
		recorder := httptest.NewRecorder()
		line.Loopback(nobody(t)).ServeHTTP(recorder, request)
		wantFault(t, name, line.Refusal(recorder.Result(), "server"), "line.foreign")
	}
}

// A page at a terminal reaches the listed paths of the counter, as the terminal and its operator, and nothing else.
//
// Req: R-NET-02
func TestRelay(t *testing.T) {
	a := linetest.New(t)
	mux := http.NewServeMux()
	echo.Handle(mux, doEcho)
	mux.Handle("/reader", nobody(t))
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		actor, from, err := line.Caller(r)
		if err != nil {
			line.Refuse(w, err)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		fmt.Fprint(w, from, actor.Operator, r.URL.RawQuery, len(r.Cookies()), r.Header.Get("Origin"))
	})
	client := a.Client(t, terminal1, counter, a.Serve(t, counter, mux))
	operator := "op-7"
	relay := line.Relay{To: client, Paths: []string{"POST /echo", "GET /page", "/gone"}, Operator: func(*http.Request) (string, error) {
		if operator == "" {
			return "", fault.New(fault.Denied, "authz.denied", "terminal", "log in")
		}
		return operator, nil
	}}
	address := "http://" + linetest.Run(t, line.Server{Handler: relay.Handler()})
	_, text, err := ask(t, http.MethodPost, address+"/echo", `{"text":"見本"}`, "Content-Type: application/json", "Jpki-Operator: other", "Jpki-Operator: more")
	if want := `{"text":"見本","actor":{"Office":"terminal","Operator":"op-7"},"from":"terminal-99201-1"}`; err != nil || text != want {
		t.Errorf("asking through the relay: %s, %v, want %s", text, err, want)
	}
	response, text, err := ask(t, http.MethodGet, address+"/page?x=1", "", "Cookie: a=b", "Connection: Jpki-Operator", "Jpki-Operator: other")
	if err != nil || text != "terminal-99201-1op-7x=10" || response.Header.Get("Set-Cookie") != "" || response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a page through the relay: %q, %v, %v", text, err, response.Header)
	}
	for name, tt := range map[string]struct{ method, path, header, want string }{
		"unlisted path":       {"GET", "/reader", "", "line.not_relayed"},
		"unlisted method":     {"GET", "/echo", "", "line.not_relayed"},
		"way around":          {"GET", "/page/%2e%2e/reader", "", "line.not_relayed"},
		"another protocol":    {"GET", "/page", "Upgrade: jpki-reader/1", "line.not_relayed"},
		"foreign page":        {"GET", "/page", "Origin: https://attacker.example", "line.foreign"},
		"fault of the office": {"POST", "/echo", "Content-Type: text/plain", "line.question_invalid"},
		"nothing there":       {"GET", "/gone", "", "line.peer"},
	} {
		header := []string{tt.header}
		if tt.header == "" {
			header = nil
		}
		_, _, err := ask(t, tt.method, address+tt.path, "", header...)
		wantFault(t, name, err, tt.want)
	}
	operator = ""
	_, _, err = ask(t, http.MethodGet, address+"/page", "")
	wantFault(t, "nobody logged in", err, "authz.denied")
	operator = "op 7"
	_, _, err = ask(t, http.MethodGet, address+"/page", "")
	wantFault(t, "an operator without form", err, "line.operator")
}

// A counter that is not there is told of.
func TestRelayWithoutCounter(t *testing.T) {
	a := linetest.New(t)
	client := a.Client(t, terminal1, counter, a.Serve(t, "counter-99202", nobody(t)))
	relay := line.Relay{To: client, Paths: []string{"GET /page"}, Operator: func(*http.Request) (string, error) { return "", nil }}
	_, _, err := ask(t, http.MethodGet, "http://"+linetest.Run(t, line.Server{Handler: relay.Handler()})+"/page", "")
	wantFault(t, "asking through the relay", err, "line.unreachable")
}

package revocationhttp

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
)

// Media types.
const (
	typeRequest  = "application/ocsp-request"
	typeResponse = "application/ocsp-response"
	typeList     = "application/pkix-crl"
)

// The paths of the service.
const (
	pathOCSP  = "/ocsp"
	pathLists = "/crl/"
)

// limit is how long an OCSP request may take, from its first byte to the last of the response.
const limit = 10 * time.Second

// Config holds what [New] needs.
type Config struct {
	Service *revocation.Service
	// Log is told what goes wrong inside. Optional; nobody is told if nil.
	Log *slog.Logger
}

// Handler serves OCSP and lists.
type Handler struct{ Config }

// New returns a handler.
func New(c Config) (*Handler, error) {
	if c.Service == nil {
		return nil, errors.New("making a handler of the validity service: the service must be set")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Handler{c}, nil
}

// Before serves the paths of the service and hands everything else to next, its path untouched.
func (h *Handler) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if serve := h.route(r.URL.Path); serve != nil {
			serve(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP serves the paths of the service alone.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.Before(http.NotFoundHandler()).ServeHTTP(w, r)
}

func (h *Handler) route(path string) http.HandlerFunc {
	switch {
	case path == pathOCSP, strings.HasPrefix(path, pathOCSP+"/"):
		return h.answer
	case strings.HasPrefix(path, pathLists):
		return h.list
	}
	return nil
}

// callerOf reads who asks from the connection.
func callerOf(r *http.Request) revocation.Caller {
	var who revocation.Caller
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		who.Address = at.Addr().Unmap()
	}
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		who.Certificate = r.TLS.PeerCertificates[0].Raw
	}
	return who
}

// answer answers an OCSP request.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request) {
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(limit)) // where the connection has none, there is nothing to limit
	_ = connection.SetWriteDeadline(time.Now().Add(limit))
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	request, status := readRequest(w, r)
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	reply, err := h.Service.Answer(ctx, callerOf(r), request)
	if err != nil {
		h.Log.ErrorContext(ctx, "answering OCSP request", "error", err)
	}
	header := w.Header()
	header.Set("Content-Type", typeResponse)
	header.Set("Content-Length", strconv.Itoa(len(reply.DER)))
	setCaching(header, r.Method, reply)
	_, _ = w.Write(reply.DER) // who asked may be gone
}

// readRequest returns the request from the body or the path. What cannot be decoded comes as it is, to be answered as
// malformed. The status is another than 200 where HTTP itself is used wrongly.
func readRequest(w http.ResponseWriter, r *http.Request) (request []byte, status int) {
	switch r.Method {
	case http.MethodPost:
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != typeRequest {
			return nil, http.StatusUnsupportedMediaType
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, ocsp.MaxRequest))
		if err != nil { // too large, or too slow
			return nil, http.StatusOK
		}
		return body, http.StatusOK
	case http.MethodGet, http.MethodHead:
		text := strings.TrimLeft(strings.TrimPrefix(r.URL.Path, pathOCSP), "/")
		if base64.StdEncoding.DecodedLen(len(text)) > ocsp.MaxRequest+2 {
			return nil, http.StatusOK
		}
		request, _ = base64.StdEncoding.Strict().DecodeString(text)
		return request, http.StatusOK
	}
	w.Header().Set("Allow", "GET, HEAD, POST")
	return nil, http.StatusMethodNotAllowed
}

// setCaching lets caches keep what others may be given, until the next tick.
//
// Spec: RFC 5019 §6.2
func setCaching(header http.Header, method string, reply revocation.Reply) {
	if method == http.MethodPost || reply.Until.IsZero() {
		header.Set("Cache-Control", "no-store")
		return
	}
	sum := sha256.Sum256(reply.DER)
	header.Set("Cache-Control", fmt.Sprintf("max-age=%d, public, no-transform, must-revalidate", int(reply.Until.Sub(reply.ProducedAt).Seconds())))
	header.Set("Last-Modified", reply.ProducedAt.Format(http.TimeFormat))
	header.Set("Expires", reply.Until.Format(http.TimeFormat))
	header.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
}

// statuses says what a kind of fault is in HTTP; what is not here is the server's own.
var statuses = map[fault.Kind]int{
	fault.NotFound: http.StatusNotFound, fault.Denied: http.StatusForbidden, fault.Unavailable: http.StatusServiceUnavailable,
}

// list serves the latest list of a partition.
func (h *Handler) list(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	issuer, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, pathLists), "/")
	id, isList := strings.CutSuffix(name, ".crl")
	if !isList {
		http.NotFound(w, r)
		return
	}
	list, file, err := h.Service.Fetch(r.Context(), callerOf(r), message.IssuerID(issuer), id)
	if err != nil {
		status, ok := statuses[fault.KindOf(err)]
		if !ok {
			status = http.StatusInternalServerError
			h.Log.ErrorContext(r.Context(), "serving list", "issuer", issuer, "partition", id, "error", err)
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", typeList)
	w.Header().Set("Cache-Control", "no-cache") // keep it, but ask whether it is still the latest
	w.Header().Set("ETag", `"`+strconv.FormatUint(list.Number, 10)+`"`)
	http.ServeContent(w, r, "", list.ThisUpdate, file)
}

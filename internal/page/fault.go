package page

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/locale"
)

// faultData is the page that explains why a request was not answered.
type faultData struct {
	locale.Explanation
	Home string
}

// methodError is a request to a page that exists, by a method that it does not take.
type methodError struct{ allow string }

func (e *methodError) Error() string { return "allowed: " + e.allow }

// fail is the one place that logs an error and tells the visitor of it. An answer that has begun is cut off.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	s.log(r, status, err)
	if a, ok := w.(*answer); ok && a.begun {
		panic(http.ErrAbortHandler)
	}
	if method, ok := errors.AsType[*methodError](err); ok {
		w.Header().Set("Allow", method.allow)
		err = fault.Wrap(err, fault.NotFound, "page.method")
	}
	data := faultData{locale.Explain(Lang(r), err), s.config.Home}
	if rendering := s.fault.write(w, r, status, data); rendering != nil {
		s.config.Log.ErrorContext(r.Context(), "page of faults failed", "error", rendering)
		http.Error(w, data.String(), status)
	}
}

// log tells the operator of a request that failed.
func (s *Site) log(r *http.Request, status int, err error) {
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.config.Log.Log(r.Context(), level, "request failed", "method", r.Method, "route", r.Pattern, "status", status,
		"kind", fault.KindOf(err).String(), "key", fault.KeyOf(err), "error", err)
}

func statusOf(err error) int {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	if _, ok := errors.AsType[*methodError](err); ok {
		return http.StatusMethodNotAllowed
	}
	return line.Status(fault.KindOf(err))
}

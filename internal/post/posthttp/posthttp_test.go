package posthttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/posthttp"
	"github.com/openjpki/jpki/internal/post/posttest"
)

// serve starts the server of the receiver.
func serve(t *testing.T, a *linetest.Authority, receive post.Receiver) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(posthttp.Path, posthttp.Handler{Office: posttest.Receiver, Receive: receive})
	return a.Serve(t, posttest.Receiver, mux)
}

func TestCarrier(t *testing.T) {
	a := linetest.New(t)
	posttest.RunCarrier(t, func(t *testing.T, receive post.Receiver) posttest.Link {
		client := a.Client(t, posttest.Sender, posttest.Receiver, serve(t, a, receive))
		return posttest.Link{Carry: posthttp.Carrier(client)}
	})
}

// nothing is a receiver to which nothing may come.
func nothing(t *testing.T) post.Receiver {
	return func(_ context.Context, from post.Address, _ []post.Message) ([]post.Receipt, error) {
		t.Errorf("a batch arrived from %q, want none", from)
		return nil, nil
	}
}

// A link without encryption carries nothing.
//
// Req: R-NET-02
func TestEncryptedOnly(t *testing.T) {
	plain := linetest.Run(t, line.Server{Handler: posthttp.Handler{Office: posttest.Receiver, Receive: nothing(t)}})
	data, err := post.EncodeBatch(posttest.Batch(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post("http://"+plain+posthttp.Path, "application/json", strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := line.Refusal(response, posttest.Receiver); fault.KeyOf(err) != "line.no_office" {
		t.Errorf("a batch without encryption: %v, want line.no_office", err)
	}
}

// What is no batch is refused.
func TestRequests(t *testing.T) {
	a := linetest.New(t)
	client := a.Client(t, posttest.Sender, posttest.Receiver, serve(t, a, nothing(t)))
	for name, tt := range map[string]struct{ path, body, want string }{
		"other path":            {"/", `{"v":1,"messages":[]}`, "line.peer"},
		"no batch":              {posthttp.Path, `slip`, "post.batch_invalid"},
		"a sender in the batch": {posthttp.Path, `{"v":1,"from":"ca","messages":[]}`, "post.batch_invalid"},
		"too large":             {posthttp.Path, strings.Repeat(" ", post.MaxEncoded+1), "line.question_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := client.Post(t.Context(), tt.path, "", []byte(tt.body)); fault.KeyOf(err) != tt.want {
				t.Errorf("Post = %v, want %s", err, tt.want)
			}
		})
	}
}

// What is no receipt is taken for none, and why a batch was not taken comes back.
func TestAnswers(t *testing.T) {
	a := linetest.New(t)
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"garbage": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }, "post.receipt_invalid"},
		"refused": {posthttp.Handler{Office: posttest.Receiver, Receive: func(context.Context, post.Address, []post.Message) ([]post.Receipt, error) {
			return nil, fault.New(fault.Unavailable, "db.busy")
		}}.ServeHTTP, "db.busy"},
		"broken": {posthttp.Handler{Office: posttest.Receiver, Receive: func(context.Context, post.Address, []post.Message) ([]post.Receipt, error) {
			return nil, errors.New("the office burns")
		}}.ServeHTTP, "line.peer"},
	} {
		t.Run(name, func(t *testing.T) {
			carry := posthttp.Carrier(a.Client(t, posttest.Sender, posttest.Receiver, a.Serve(t, posttest.Receiver, tt.answer)))
			receipts, err := carry(t.Context(), posttest.Receiver, posttest.Batch(1, 1))
			if fault.KeyOf(err) != tt.want {
				t.Errorf("Carry = %v, %v, want %s", receipts, err, tt.want)
			}
		})
	}
}

// The largest batch and its receipts fit on the line.
func TestLargest(t *testing.T) {
	if post.MaxEncoded > line.MaxBody {
		t.Errorf("a batch may have %d bytes, the line takes %d", post.MaxEncoded, line.MaxBody)
	}
}

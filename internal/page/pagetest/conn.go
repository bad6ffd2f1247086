//go:build judges

package pagetest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// conn speaks the DevTools protocol over two pipes: JSON objects, each with a zero byte behind it.
type conn struct {
	out io.WriteCloser
	in  io.Closer

	mu       sync.Mutex
	last     int
	pending  map[int]chan reply
	windows  map[string]func(event) // by session
	lost     chan struct{}          // closed when nothing more comes
	finished sync.WaitGroup
}

// reply is the browser's answer to a command.
type reply struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
		Data    string `json:"data"`
	} `json:"error"`
}

// event is what the browser tells by itself.
type event struct {
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Session string          `json:"sessionId"`
}

var errLost = errors.New("the browser is gone")

func newConn(in io.ReadCloser, out io.WriteCloser) *conn {
	c := &conn{out: out, in: in, pending: map[int]chan reply{}, windows: map[string]func(event){}, lost: make(chan struct{})}
	c.finished.Go(func() {
		defer close(c.lost)
		reader := bufio.NewReader(in)
		for {
			message, err := reader.ReadBytes(0)
			if err != nil {
				return
			}
			c.take(message[:len(message)-1])
		}
	})
	return c
}

// take hands a message to who waits for it.
func (c *conn) take(message []byte) {
	var both struct {
		reply
		event
	}
	if json.Unmarshal(message, &both) != nil {
		return
	}
	c.mu.Lock()
	waiting, window := c.pending[both.ID], c.windows[both.Session]
	delete(c.pending, both.ID)
	c.mu.Unlock()
	if waiting != nil {
		waiting <- both.reply
	} else if window != nil && both.Method != "" {
		window(both.event)
	}
}

func (c *conn) call(ctx context.Context, session, method string, params, result any) error {
	answer := make(chan reply, 1)
	c.mu.Lock()
	c.last++
	id := c.last
	c.pending[id] = answer
	command := object{"id": id, "method": method, "params": params}
	if session != "" {
		command["sessionId"] = session
	}
	message, err := json.Marshal(command)
	if err == nil {
		_, err = c.out.Write(append(message, 0))
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case r := <-answer:
		if r.Error != nil {
			return fmt.Errorf("%s %s", r.Error.Message, r.Error.Data)
		}
		return json.Unmarshal(r.Result, result)
	case <-c.lost:
		return errLost
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listen hands the events of a session to take, one after the other.
func (c *conn) listen(session string, take func(event)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.windows[session] = take
}

// end asks the browser to end and waits until it has. The error says that it was gone before.
func (c *conn) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	err := c.call(ctx, "", "Browser.close", object{}, &nothing{})
	select {
	case <-c.lost:
	case <-ctx.Done():
	}
	return err
}

func (c *conn) close() {
	c.out.Close()
	c.in.Close()
	c.finished.Wait()
}

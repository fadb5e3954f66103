// The command protocol of peers/program.ts: one JSON command per line in, one JSON answer per line out.

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

type command struct {
	ID        int                 `json:"id"`
	Do        string              `json:"do"`
	Conn      int                 `json:"conn"`
	Sub       int                 `json:"sub"`
	URL       string              `json:"url"`
	User      string              `json:"user"`
	Password  string              `json:"password"`
	Seed      string              `json:"seed"`
	Subject   string              `json:"subject"`
	Queue     string              `json:"queue"`
	Max       int                 `json:"max"`
	Text      string              `json:"text"`
	Size      *int                `json:"size"`
	Headers   map[string][]string `json:"headers"`
	Prefix    string              `json:"prefix"`
	Count     int                 `json:"count"`
	TimeoutMs int                 `json:"timeout_ms"`
}

type answer struct {
	ID     int      `json:"id,omitempty"`
	Result any      `json:"result,omitempty"`
	Error  *failure `json:"error,omitempty"`
	Event  string   `json:"event,omitempty"`
	Conn   int      `json:"conn,omitempty"`
}

type failure struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// peer owns the connections and what they received; it ends when its input ends.
type peer struct {
	mu          sync.Mutex
	out         *json.Encoder
	connections []*nats.Conn
	inboxes     []*inbox
}

func servePeer(in io.Reader, out io.Writer) {
	p := &peer{out: json.NewEncoder(out)}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			fail(err.Error())
		}
		go p.answer(c)
	}
}

func (p *peer) answer(c command) {
	result, err := p.run(c)
	if err != nil {
		p.say(answer{ID: c.ID, Error: &failure{Kind: kindOf(err), Text: err.Error()}})
		return
	}
	p.say(answer{ID: c.ID, Result: result})
}

func (p *peer) say(a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.out.Encode(a); err != nil {
		fail(err.Error())
	}
}

func (p *peer) run(c command) (any, error) {
	switch c.Do {
	case "connect":
		return p.connect(c)
	case "received":
		return p.inbox(c.Sub).waitFor(c.Count), nil
	case "unsubscribe":
		return nil, p.inbox(c.Sub).subscription.Unsubscribe()
	case "drain_sub":
		return p.inbox(c.Sub).drain()
	}
	nc := p.connection(c.Conn)
	switch c.Do {
	case "subscribe":
		return p.subscribe(nc, c)
	case "echo":
		return nil, echo(nc, c)
	case "publish":
		if err := nc.PublishMsg(c.message()); err != nil {
			return nil, err
		}
		return nil, nc.Flush()
	case "publish_numbered":
		return nil, publishNumbered(nc, c)
	case "request":
		reply, err := nc.RequestMsg(c.message(), time.Duration(c.TimeoutMs)*time.Millisecond)
		if err != nil {
			return nil, err
		}
		return recordOf(reply), nil
	case "flush":
		return nil, nc.Flush()
	case "drain":
		return nil, p.drain(nc)
	case "close":
		nc.Close()
		return nil, nil
	}
	return nil, fmt.Errorf("unknown command %q", c.Do)
}

// What a busy machine may take to greet a client.
const connectPatience = 20 * time.Second

func (p *peer) connect(c command) (any, error) {
	p.mu.Lock()
	p.connections = append(p.connections, nil)
	number := len(p.connections)
	p.mu.Unlock()
	event := func(name string) nats.ConnHandler {
		return func(*nats.Conn) { p.say(answer{Event: name, Conn: number}) }
	}
	options := []nats.Option{
		nats.Timeout(connectPatience),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(50 * time.Millisecond),
		nats.ReconnectJitter(0, 0),
		nats.DisconnectErrHandler(func(nc *nats.Conn, _ error) { event("disconnected")(nc) }),
		nats.ReconnectHandler(event("reconnected")),
		nats.ClosedHandler(event("closed")),
		nats.LameDuckModeHandler(event("lame-duck")),
	}
	if c.User != "" {
		options = append(options, nats.UserInfo(c.User, c.Password))
	}
	if c.Seed != "" {
		key, err := nkeys.FromSeed([]byte(c.Seed))
		if err != nil {
			return nil, err
		}
		public, err := key.PublicKey()
		if err != nil {
			return nil, err
		}
		options = append(options, nats.Nkey(public, key.Sign))
	}
	nc, err := nats.Connect(c.URL, options...)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.connections[number-1] = nc
	return number, nil
}

func (p *peer) subscribe(nc *nats.Conn, c command) (any, error) {
	box := newInbox()
	var err error
	if c.Queue == "" {
		box.subscription, err = nc.Subscribe(c.Subject, box.take)
	} else {
		box.subscription, err = nc.QueueSubscribe(c.Subject, c.Queue, box.take)
	}
	if err != nil {
		return nil, err
	}
	if c.Max > 0 {
		if err := box.subscription.AutoUnsubscribe(c.Max); err != nil {
			return nil, err
		}
	}
	if err := nc.Flush(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inboxes = append(p.inboxes, box)
	return len(p.inboxes), nil
}

func (p *peer) drain(nc *nats.Conn) error {
	closed := make(chan struct{})
	before := nc.Opts.ClosedCB
	nc.SetClosedHandler(func(nc *nats.Conn) {
		before(nc)
		close(closed)
	})
	if err := nc.Drain(); err != nil {
		return err
	}
	<-closed
	return nil
}

func (p *peer) connection(number int) *nats.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.connections[number-1]
}

func (p *peer) inbox(number int) *inbox {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inboxes[number-1]
}

func echo(nc *nats.Conn, c command) error {
	reply := func(m *nats.Msg) {
		_ = m.RespondMsg(&nats.Msg{Data: m.Data, Header: m.Header})
	}
	if _, err := nc.QueueSubscribe(c.Subject, c.Queue, reply); err != nil {
		return err
	}
	return nc.Flush()
}

func publishNumbered(nc *nats.Conn, c command) error {
	for number := range c.Count {
		if err := nc.Publish(c.Subject, fmt.Appendf(nil, "%s%d", c.Prefix, number)); err != nil {
			return err
		}
	}
	return nc.Flush()
}

func (c command) message() *nats.Msg {
	m := &nats.Msg{Subject: c.Subject, Data: []byte(c.Text)}
	if c.Size != nil {
		m.Data = patterned(*c.Size)
	}
	if c.Headers != nil {
		m.Header = nats.Header(c.Headers)
	}
	return m
}

func kindOf(err error) string {
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return "no-responders"
	case errors.Is(err, nats.ErrTimeout):
		return "timeout"
	case errors.Is(err, nats.ErrMaxPayload):
		return "max-payload"
	case errors.Is(err, nats.ErrAuthorization):
		return "authorization"
	}
	return "other"
}

// What one subscription received, in order.

package main

import (
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
)

type record struct {
	Subject string              `json:"subject"`
	Reply   string              `json:"reply"`
	Size    int                 `json:"size"`
	Payload string              `json:"payload"`
	Headers map[string][]string `json:"headers"`
}

type inbox struct {
	mu           sync.Mutex
	changed      *sync.Cond
	messages     []record
	subscription *nats.Subscription
}

func newInbox() *inbox {
	box := &inbox{messages: []record{}}
	box.changed = sync.NewCond(&box.mu)
	return box
}

func (b *inbox) take(m *nats.Msg) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, recordOf(m))
	b.changed.Broadcast()
}

func (b *inbox) waitFor(count int) []record {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.messages) < count {
		b.changed.Wait()
	}
	return append([]record{}, b.messages...)
}

// drain ends the subscription after what was sent before; the closed notice says that its handler is done.
func (b *inbox) drain() ([]record, error) {
	done := make(chan struct{})
	b.subscription.SetClosedHandler(func(string) { close(done) })
	if err := b.subscription.Drain(); err != nil {
		return nil, err
	}
	<-done
	return b.waitFor(0), nil
}

func recordOf(m *nats.Msg) record {
	r := record{Subject: m.Subject, Reply: m.Reply, Size: len(m.Data), Payload: string(m.Data), Headers: map[string][]string{}}
	if len(m.Data) > 1024 {
		r.Payload = fmt.Sprintf("sha256:%x", sha256.Sum256(m.Data))
	}
	for key, values := range m.Header {
		r.Headers[key] = values
	}
	return r
}

// patterned makes the same bytes as the function of this name in peers/peer.ts.
func patterned(size int) []byte {
	bytes := make([]byte, size)
	for i := range bytes {
		bytes[i] = byte(i*31 + i>>8)
	}
	return bytes
}

// Thousands of requests in flight over one connection: the client sends them all through one wildcard inbox.

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// manyRequests starts WORKERS goroutines that each send EACH requests and compares every reply with its question.
func manyRequests(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("requests needs URL WORKERS EACH")
	}
	workers, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	each, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	service, err := nats.Connect(args[0], nats.Timeout(connectPatience))
	if err != nil {
		return err
	}
	defer service.Close()
	var served atomic.Int64
	if _, err := service.Subscribe("upper", func(m *nats.Msg) {
		served.Add(1)
		_ = m.RespondMsg(&nats.Msg{Data: append([]byte("answer to "), m.Data...), Header: m.Header})
	}); err != nil {
		return err
	}
	if err := service.Flush(); err != nil {
		return err
	}
	client, err := nats.Connect(args[0], nats.Timeout(connectPatience))
	if err != nil {
		return err
	}
	defer client.Close()

	var right, wrong atomic.Int64
	var firstError atomic.Value
	var group sync.WaitGroup
	// All workers hold back until each of them stands ready, so that they are in flight together.
	start := make(chan struct{})
	for worker := range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			<-start
			for number := range each {
				question := fmt.Sprintf("%d/%d", worker, number)
				message := &nats.Msg{Subject: "upper", Data: []byte(question), Header: nats.Header{"Worker": {question}}}
				reply, err := client.RequestMsg(message, 20*time.Second)
				switch {
				case err != nil:
					wrong.Add(1)
					firstError.CompareAndSwap(nil, err.Error())
				case string(reply.Data) != "answer to "+question || reply.Header.Get("Worker") != question:
					wrong.Add(1)
					firstError.CompareAndSwap(nil, fmt.Sprintf("%s got %q", question, reply.Data))
				default:
					right.Add(1)
				}
			}
		}()
	}
	close(start)
	group.Wait()
	subscriptions := client.NumSubscriptions()
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"right": right.Load(), "wrong": wrong.Load(), "served": served.Load(),
		"subscriptions": subscriptions, "error": firstError.Load(),
	})
}

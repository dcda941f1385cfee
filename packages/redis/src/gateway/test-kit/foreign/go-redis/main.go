// Load through the gateway until standard input ends; then one line of JSON tells what the application saw.
//
// go-redis with its own pool: writers, a pipeline, a transaction, a queue with a blocking worker, and a subscriber.
// Nothing is tried again here, so whatever go-redis returns is seen; with `defaults`, its own timeouts and retries
// are left alone.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	writers   = 4
	pipelined = 3
)

type seen struct {
	mutex        sync.Mutex
	Version      string   `json:"version"`
	Acknowledged []string `json:"acknowledged"`
	Unknown      []string `json:"unknown"`
	Failed       []string `json:"failed"`
	Popped       []string `json:"popped"`
	Messages     []string `json:"messages"`
}

func (s *seen) add(list *[]string, value string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	*list = append(*list, value)
}

// The unknown outcome is an answer; anything else is a failover that reached the application.
func (s *seen) fail(what string, err error) {
	list := &s.Failed
	if strings.HasPrefix(err.Error(), "OUTCOMEUNKNOWN") {
		list = &s.Unknown
	}
	s.add(list, fmt.Sprintf("%s: %v", what, err))
}

func main() {
	ctx := context.Background()
	options := &redis.Options{Addr: "127.0.0.1:" + os.Args[1]}
	if len(os.Args) < 3 || os.Args[2] != "defaults" {
		options.MaxRetries = -1
		options.ReadTimeout = 30 * time.Second
		options.ContextTimeoutEnabled = true
	}
	client := redis.NewClient(options)
	defer client.Close()
	saw := &seen{Version: redis.Version(), Unknown: []string{}, Failed: []string{}}
	stopping := make(chan struct{})
	var working sync.WaitGroup

	forever := func(name string, operate func(value string) error) {
		working.Add(1)
		go func() {
			defer working.Done()
			for number := 1; ; number++ {
				select {
				case <-stopping:
					return
				default:
				}
				value := fmt.Sprintf("%s-%d", name, number)
				if err := operate(value); err != nil {
					saw.fail(value, err)
				}
			}
		}()
	}

	for at := 0; at < writers; at++ {
		forever(fmt.Sprintf("writer%d", at), func(value string) error {
			if err := client.RPush(ctx, "load:values", value).Err(); err != nil {
				return err
			}
			saw.add(&saw.Acknowledged, value)
			return nil
		})
	}
	forever("pipeline", func(value string) error {
		// Each command has an answer of its own; what Pipelined returns is the first error among them.
		commands, _ := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for part := 0; part < pipelined; part++ {
				pipe.RPush(ctx, "load:values", fmt.Sprintf("%s.%d", value, part))
			}
			return nil
		})
		for part, command := range commands {
			name := fmt.Sprintf("%s.%d", value, part)
			if err := command.Err(); err != nil {
				saw.fail(name, err)
			} else {
				saw.add(&saw.Acknowledged, name)
			}
		}
		return nil
	})
	forever("transaction", func(value string) error {
		_, err := client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Incr(ctx, "load:counter")
			pipe.RPush(ctx, "load:transactions", value)
			return nil
		})
		return err
	})
	forever("producer", func(value string) error {
		if err := client.RPush(ctx, "load:queue", value).Err(); err != nil {
			return err
		}
		return client.Publish(ctx, "load:news", value).Err()
	})
	forever("worker", func(string) error {
		item, err := client.BLPop(ctx, time.Second, "load:queue").Result()
		if err == redis.Nil {
			return nil
		}
		if err == nil {
			saw.add(&saw.Popped, item[1])
		}
		return err
	})
	subscription := client.Subscribe(ctx, "load:news")
	defer subscription.Close()
	messages := subscription.Channel()
	forever("subscriber", func(string) error {
		select {
		case message := <-messages:
			saw.add(&saw.Messages, message.Payload)
		case <-time.After(200 * time.Millisecond):
		}
		return nil
	})

	io.ReadAll(os.Stdin)
	close(stopping)
	working.Wait()
	json.NewEncoder(os.Stdout).Encode(saw)
}

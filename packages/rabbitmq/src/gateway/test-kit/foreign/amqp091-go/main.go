// Load through the gateway until standard input ends; lines of JSON tell what the application sees.
//
// amqp091-go as its users write it: a quorum queue, publisher confirms, manual acks with a prefetch of 50, and nothing
// that would recover. Whatever it returns or tells its channels is seen.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	every    = 10 * time.Millisecond
	prefetch = 50
	last     = 30 * time.Second
)

type line map[string]any

var (
	mutex     sync.Mutex
	confirmed = map[string]bool{}
	consumed  = map[string]bool{}
	published int
	ended     atomic.Bool
)

func say(what line) {
	mutex.Lock()
	defer mutex.Unlock()
	json.NewEncoder(os.Stdout).Encode(what)
}

// A failover that reached the application.
func trouble(what string, cause any) {
	if !ended.Load() {
		say(line{"type": "trouble", "what": fmt.Sprintf("%s: %v", what, cause)})
	}
}

func note(names map[string]bool, name string) {
	mutex.Lock()
	defer mutex.Unlock()
	names[name] = true
}

func isDone() bool {
	mutex.Lock()
	defer mutex.Unlock()
	for name := range confirmed {
		if !consumed[name] {
			return false
		}
	}
	return len(confirmed) == published
}

func run(name, port string) error {
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName(name)
	connection, err := amqp.DialConfig("amqp://guest:guest@127.0.0.1:"+port+"/",
		amqp.Config{Heartbeat: 4 * time.Second, Properties: properties})
	if err != nil {
		return err
	}
	watch := func(what string, closed chan *amqp.Error) {
		for cause := range closed {
			trouble(what, cause)
		}
	}
	go watch("connection closed", connection.NotifyClose(make(chan *amqp.Error, 1)))
	open := func() (*amqp.Channel, error) {
		channel, err := connection.Channel()
		if err != nil {
			return nil, err
		}
		go watch("channel closed", channel.NotifyClose(make(chan *amqp.Error, 1)))
		cancelled := channel.NotifyCancel(make(chan string, 1))
		go func() {
			for tag := range cancelled {
				trouble("cancel", tag)
			}
		}()
		return channel, nil
	}
	publishing, err := open()
	if err != nil {
		return err
	}
	consuming, err := open()
	if err != nil {
		return err
	}
	quorum := amqp.Table{"x-queue-type": "quorum"}
	if _, err := publishing.QueueDeclare(name, true, false, false, false, quorum); err != nil {
		return err
	}
	if err := publishing.Confirm(false); err != nil {
		return err
	}
	if err := consuming.Qos(prefetch, 0, false); err != nil {
		return err
	}
	deliveries, err := consuming.Consume(name, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	go func() {
		for delivery := range deliveries {
			id := string(delivery.Body)
			_, isResent := delivery.Headers["x-failover-resent"]
			note(consumed, id)
			say(line{"type": "consumed", "id": id, "redelivered": delivery.Redelivered, "resent": isResent})
			if err := delivery.Ack(false); err != nil {
				trouble("ack", err)
			}
		}
		trouble("deliveries", "ended")
	}()
	say(line{"type": "ready", "version": amqp.NewConnectionProperties()["version"]})

	stopping := make(chan struct{})
	go func() {
		io.ReadAll(os.Stdin)
		close(stopping)
	}()
	for isStopping := false; !isStopping; {
		published++
		id := fmt.Sprintf("%s-%d", name, published)
		message := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: []byte(id)}
		confirmation, err := publishing.PublishWithDeferredConfirmWithContext(
			context.Background(), "", name, false, false, message)
		if err != nil {
			return err
		}
		go func() {
			if confirmation.Wait() {
				note(confirmed, id)
				say(line{"type": "confirmed", "id": id})
			} else {
				trouble("nack", id)
			}
		}()
		select {
		case <-stopping:
			isStopping = true
		case <-time.After(every):
		}
	}
	for until := time.Now().Add(last); !isDone() && time.Now().Before(until); {
		time.Sleep(100 * time.Millisecond)
	}
	ended.Store(true)
	return connection.Close()
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		trouble("exception", err)
	}
	say(line{"type": "ended", "published": published})
}

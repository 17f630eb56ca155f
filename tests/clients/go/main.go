// franz-go, asked by lines of JSON: one verb a line, one answer a line.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

const patience = 60 * time.Second

// request holds the arguments of every verb; each uses its own.
type request struct {
	Verb      string `json:"verb"`
	Bootstrap string `json:"bootstrap"`
	ID        int    `json:"id"`

	Topic        string            `json:"topic"`
	Topics       []string          `json:"topics"`
	Partition    int32             `json:"partition"`
	Partitions   int32             `json:"partitions"`
	Replication  int16             `json:"replication"`
	Assignment   [][]int32         `json:"assignment"`
	Configs      map[string]string `json:"configs"`
	ValidateOnly bool              `json:"validate_only"`
	Total        int               `json:"total"`
	Kind         string            `json:"kind"`
	Name         string            `json:"name"`
	Set          map[string]string `json:"set"`
	Delete       []string          `json:"delete"`
	Spec         string            `json:"spec"`

	Records    []wireRecord `json:"records"`
	Codec      string       `json:"codec"`
	Acks       string       `json:"acks"`
	Idempotent bool         `json:"idempotent"`
	MaxBytes   int32        `json:"max_bytes"`
	TimeoutMs  int          `json:"timeout_ms"`

	Group       *string `json:"group"`
	Instance    *string `json:"instance"`
	Assignor    string  `json:"assignor"`
	Reset       string  `json:"reset"`
	Isolation   string  `json:"isolation"`
	SessionMs   int     `json:"session_ms"`
	HeartbeatMs int     `json:"heartbeat_ms"`
	Ms          int     `json:"ms"`

	At  []row `json:"at"`
	TPs []row `json:"tps"`
}

// row is [topic, partition] or [topic, partition, a number or a word].
type row struct {
	topic     string
	partition int32
	number    int64
	word      string
}

func (r *row) UnmarshalJSON(data []byte) error {
	var parts []any
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	r.topic, r.partition = parts[0].(string), int32(parts[1].(float64))
	if len(parts) > 2 {
		switch last := parts[2].(type) {
		case float64:
			r.number = int64(last)
		case string:
			r.word = last
		}
	}
	return nil
}

func main() {
	requests := bufio.NewReaderSize(os.Stdin, 1<<20)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := requests.ReadBytes('\n')
		if err != nil {
			break
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		if err := answers.Encode(answer(&asked)); err != nil {
			panic(err)
		}
	}
	closeAll()
}

func answer(asked *request) (told map[string]any) {
	defer func() {
		if failure := recover(); failure != nil {
			told = map[string]any{"failed": fmt.Sprintf("%v\n%s", failure, debug.Stack())}
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	value, err := carryOut(ctx, asked)
	if err == nil {
		return map[string]any{"ok": value}
	}
	var kafkas *kerr.Error
	if errors.As(err, &kafkas) {
		return map[string]any{"refused": kafkas.Message, "text": err.Error()}
	}
	return map[string]any{"failed": err.Error()}
}

func carryOut(ctx context.Context, asked *request) (any, error) {
	switch asked.Verb {
	case "version":
		return version(), nil
	case "produce":
		return produce(ctx, asked)
	case "consumer", "assign", "subscribe", "poll", "assignment", "events", "seek", "pause",
		"resume", "times", "ends", "commit", "committed", "close":
		return read(ctx, asked)
	case "txn_open", "txn_init", "txn_begin", "txn_send", "txn_commit", "txn_abort", "txn_close":
		return transact(ctx, asked)
	case "copy":
		return copied(ctx, asked)
	}
	return administer(ctx, asked)
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/twmb/franz-go" {
			return module.Version[1:]
		}
	}
	return "unknown"
}

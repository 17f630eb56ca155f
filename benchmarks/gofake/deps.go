package main

// kfake's own go.mod asks for an older franz-go than it compiles with.
import _ "github.com/twmb/franz-go/pkg/kgo"

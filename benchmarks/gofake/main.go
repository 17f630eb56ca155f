// A single franz-go fake broker (kfake) that keeps its data in files: a peer for
// benchmarks/broker.py. It runs until it's told to stop.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	port := flag.Int("port", 9092, "port on the loopback interface")
	dir := flag.String("dir", "", "folder for the data")
	flag.Parse()
	if *dir == "" {
		fmt.Fprintln(os.Stderr, "-dir is missing")
		os.Exit(2)
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.Ports(*port),
		kfake.DataDir(*dir),
		kfake.DefaultNumPartitions(1),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": "1048588"}),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	cluster.Close()
}

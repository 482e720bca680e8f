//go:build linux

// Command probe is every program that the end-to-end test needs and that is no component of a cluster: the first process
// of a machine, the stand-in for an image that cannot be had without a registry, and the collector of audit records. It
// uses nothing but the standard library, so that it can be the only file of an image.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/bartizan-dev/bartizan/e2e/inside"
)

var commands = map[string]func(args []string) error{
	"init":     runInit,
	"collect":  runCollect,
	"registry": runRegistry,
	"well":     func([]string) error { return nil }, // in place of a probe's command
}

func main() {
	var err error
	switch {
	case len(os.Args) > 1 && commands[os.Args[1]] != nil:
		err = commands[os.Args[1]](os.Args[2:])
	case os.Getenv(inside.OrdersVariable) != "":
		err = runOrders(os.Getenv(inside.OrdersVariable))
	default:
		// In place of another program, whose arguments mean nothing here.
		wait()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

// runInit is the first process of a machine: it buries the dead and ends when its input does, so that the machine cannot
// outlive whoever made it. The kernel then ends every process of the machine.
func runInit([]string) error {
	go reap()
	_, err := os.Stdin.Read(make([]byte, 1))
	for err == nil {
		_, err = os.Stdin.Read(make([]byte, 1))
	}
	return nil
}

func reap() {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	for range died {
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if pid <= 0 || err != nil {
				break
			}
		}
	}
}

func wait() {
	go reap()
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	<-end
}

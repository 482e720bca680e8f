// Command bartizan turns the description of a Kubernetes cluster into the files that harden it and into its threat
// model.
package main

import (
	"io"
	"os"
	"runtime"

	"github.com/bartizan-dev/bartizan/threatmodel/render/cachedir"
)

func main() {
	cachedir.Restore()
	// Most runs hold some ten megabytes, and would collect garbage each time that these have doubled. To the collector this
	// heap is larger from the start. Nobody touches the pages, so that the system does not give them.
	ballast := make([]byte, 64<<20)
	status := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	runtime.KeepAlive(ballast)
	os.Exit(status)
}

// run carries out one command line and returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return execute(args, newStreams(stdin, stdout, stderr, os.Environ()))
}

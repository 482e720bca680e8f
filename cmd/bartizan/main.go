// Command bartizan turns the description of a Kubernetes cluster into the files that harden it and into its threat
// model.
package main

import (
	"io"
	"os"

	"github.com/bartizan-dev/bartizan/threatmodel/render/cachedir"
)

func main() {
	cachedir.Restore()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return execute(args, newStreams(stdin, stdout, stderr, os.Environ()))
}

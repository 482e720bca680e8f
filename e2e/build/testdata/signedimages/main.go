// Command signedimages is a registry with images, some of which cosign's library has signed, and runs programs that ask it.
//
//	signedimages keys DIR
//	signedimages serve DIR HOST REPOSITORY
//
// keys makes two pairs of keys in DIR: declared.pub and other.pub are their public keys. serve listens on port 443 of the loopback by TLS
// for HOST, which must be its name there, and writes the certificate of its authority to DIR/ca.pem. It first prints the images as
// JSON, names of their kinds to references by digest. Then, for each line of standard input, a JSON list of a program and its
// arguments, it runs the program, which trusts the authority, and prints its exit status and output.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/sigstore/cosign/v2/pkg/cosign"
)

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "keys":
		err = makeKeys(args[1])
	case len(args) == 4 && args[0] == "serve":
		err = serve(args[1], args[2], args[3], os.Stdin, os.Stdout)
	default:
		err = errors.New("usage: signedimages keys DIR | signedimages serve DIR HOST REPOSITORY")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The pairs of keys.
const (
	declared = "declared"
	other    = "other"
)

// noPassword encrypts private keys of a test.
func noPassword(bool) ([]byte, error) { return nil, nil }

func makeKeys(dir string) error {
	for _, name := range []string{declared, other} {
		pair, err := cosign.GenerateKeyPair(noPassword)
		if err != nil {
			return err
		}
		err = errors.Join(
			os.WriteFile(filepath.Join(dir, name+".key"), pair.PrivateBytes, 0o600),
			os.WriteFile(filepath.Join(dir, name+".pub"), pair.PublicBytes, 0o644))
		if err != nil {
			return err
		}
	}
	return nil
}

func serve(dir, host, repository string, in io.Reader, out io.Writer) error {
	authority := filepath.Join(dir, "ca.pem")
	if err := listen(host, authority); err != nil {
		return err
	}
	images, err := pushAll(dir, host+"/"+repository)
	if err != nil {
		return err
	}
	say := json.NewEncoder(out)
	if err := say.Encode(images); err != nil {
		return err
	}
	for questions := json.NewDecoder(in); ; {
		var command []string
		if err := questions.Decode(&command); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		answer, err := run(command)
		if err != nil {
			return err
		}
		if err := say.Encode(answer); err != nil {
			return err
		}
	}
}

// answer is what a program said.
type answer struct {
	Status int    `json:"status"`
	Out    string `json:"out"`
}

func run(command []string) (answer, error) {
	if len(command) == 0 {
		return answer{}, errors.New("no program is named")
	}
	var out bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return answer{}, err
	}
	return answer{cmd.ProcessState.ExitCode(), out.String()}, nil
}

// loadKey is the private key of a pair.
func loadKey(dir, name string) (signer, error) {
	text, err := os.ReadFile(filepath.Join(dir, name+".key"))
	if err != nil {
		return nil, err
	}
	password, _ := noPassword(false)
	return cosign.LoadPrivateKey(text, password)
}

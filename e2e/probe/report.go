//go:build linux

package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/bartizan-dev/bartizan/e2e/inside"
)

// runOrders takes the place of a container's program: it prints what it sees as one line, answers on the ports of its
// orders, and waits to be told to end.
func runOrders(text string) error {
	var orders inside.Orders
	if err := json.Unmarshal([]byte(text), &orders); err != nil {
		return fmt.Errorf("%s: %w", inside.OrdersVariable, err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(inside.Look()); err != nil {
		return err
	}
	if orders.Ends {
		return nil
	}
	for dir, size := range orders.Fill {
		if err := fill(dir, size); err != nil {
			return err
		}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // gRPC
	for _, port := range orders.Listen {
		l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			return err
		}
		server := &http.Server{Handler: http.HandlerFunc(answer), Protocols: protocols}
		go server.Serve(l)
	}
	wait()
	return nil
}

// fill writes so many bytes to a new file of the directory. What is written is no hole: the disk is really used.
func fill(dir string, size int64) error {
	f, err := os.CreateTemp(dir, "fill-*")
	if err != nil {
		return err
	}
	if _, err := io.CopyN(f, rand.Reader, size); err != nil {
		return err
	}
	return f.Close()
}

// answer says to every question that all is well: with 200, or in gRPC's health protocol.
// https://github.com/grpc/grpc/blob/master/doc/health-checking.md
func answer(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
		return
	}
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	// Not compressed, two bytes long: field 1, a number, is 1, which means serving.
	w.Write([]byte{0, 0, 0, 0, 2, 0x08, 0x01})
	w.Header().Set("Grpc-Status", "0")
}

//go:build linux

package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Port is a port of a protocol, TCP, UDP or SCTP.
type Port struct {
	Protocol string
	Number   int
}

func (p Port) String() string { return fmt.Sprintf("%d/%s", p.Number, p.Protocol) }

// Probe is one connection to try, from one of the addresses of an end.
type Probe struct {
	By       *End
	From, To netip.Addr
	Port     Port
}

// Answer is what became of a connection.
type Answer int

// Open: the other end answered. Refused: somebody said no. Silent: nobody said anything in time.
const (
	Open Answer = iota
	Refused
	Silent
)

func (a Answer) String() string { return [...]string{"open", "refused", "silent"}[a] }

// Listen makes the end answer on the ports, at all its addresses.
func (e *End) Listen(ports []Port) error {
	for _, family := range []struct {
		has       func(netip.Addr) bool
		all, name string
	}{{netip.Addr.Is4, "0.0.0.0", "4"}, {netip.Addr.Is6, "::", "6"}} {
		if !slices.ContainsFunc(e.addresses, family.has) {
			continue
		}
		if err := e.space.in(func() error { return e.listen(family.name, family.all, ports) }); err != nil {
			return err
		}
	}
	return nil
}

// listen makes the end answer at all addresses of a family.
func (e *End) listen(family, all string, ports []Port) error {
	var associations []int
	for _, p := range ports {
		address := net.JoinHostPort(all, strconv.Itoa(p.Number))
		switch p.Protocol {
		case "TCP":
			l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp"+family, address)
			if err != nil {
				return err
			}
			e.closers = append(e.closers, l.Close)
			go accept(l)
		case "UDP":
			c, err := net.ListenUDP("udp"+family, &net.UDPAddr{Port: p.Number})
			if err != nil {
				return err
			}
			e.closers = append(e.closers, c.Close)
			if err := tellDestination(c, family); err != nil {
				return err
			}
			go echo(c)
		case "SCTP":
			associations = append(associations, p.Number)
		default:
			return fmt.Errorf("%s: only TCP, UDP and SCTP are listened on", p)
		}
	}
	if len(associations) == 0 {
		return nil
	}
	return e.associate(family, associations)
}

// In runs f in the end's network. The sockets that it opens stay there; goroutines that it starts do not.
func (e *End) In(f func() error) error { return e.space.in(f) }

func accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			c.Close()
		}
	}
}

// tellDestination makes each packet come with the address that it was sent to.
func tellDestination(c syscall.Conn, family string) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	level, option := unix.IPPROTO_IP, unix.IP_PKTINFO
	if family == "6" {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), level, option, 1) }); err != nil {
		return err
	}
	return failed
}

// echo answers each packet from the address that it was sent to.
func echo(c *net.UDPConn) {
	var data, info [64]byte
	for {
		n, k, _, from, err := c.ReadMsgUDPAddrPort(data[:], info[:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			_, _, _ = c.WriteMsgUDPAddrPort(data[:n], info[:k], from) // lost packets are what is tested
		}
	}
}

// batch is how many connections of an end are under way at once.
const batch = 128

// Try tries connections, those of several ends at once, and returns an answer for each. One that nobody answers costs the
// patience, together with the others of its batch.
func Try(probes []Probe, patience time.Duration) ([]Answer, error) {
	of := map[*End][]int{}
	for i, p := range probes {
		of[p.By] = append(of[p.By], i)
	}
	answers := make([]Answer, len(probes))
	errs := make(chan error, len(of))
	slots := make(chan struct{}, 2*runtime.NumCPU())
	for end, list := range of {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs <- end.space.in(func() error {
				for some := range slices.Chunk(list, batch) {
					if err := try(probes, some, answers, patience); err != nil {
						return err
					}
				}
				return nil
			})
		}()
	}
	var all []error
	for range of {
		all = append(all, <-errs)
	}
	return answers, errors.Join(all...)
}

// attempt is a connection that is under way.
type attempt struct {
	probe  Probe
	fd     int
	source int // port, of SCTP
	answer Answer
}

// try tries some of the probes, by index, and writes their answers.
func try(probes []Probe, some []int, answers []Answer, patience time.Duration) error {
	attempts := make([]attempt, len(some))
	defer func() {
		for _, a := range attempts {
			if a.fd > 0 {
				unix.Close(a.fd)
			}
		}
	}()
	var waiting []unix.PollFd
	var of []*attempt
	for i, which := range some {
		a, p := &attempts[i], probes[which]
		*a = attempt{probe: p, source: firstSource + i, answer: Silent}
		if err := a.start(); err != nil {
			return fmt.Errorf("%s → %s %s: %w", p.From, p.To, p.Port, err)
		}
		events := int16(unix.POLLIN)
		if p.Port.Protocol == "TCP" {
			events = unix.POLLOUT
		}
		waiting, of = append(waiting, unix.PollFd{Fd: int32(a.fd), Events: events}), append(of, a)
	}
	for end := time.Now().Add(patience); len(waiting) > 0 && time.Now().Before(end); {
		if _, err := unix.Poll(waiting, int(time.Until(end).Milliseconds())+1); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for i := len(waiting) - 1; i >= 0; i-- {
			if waiting[i].Revents != 0 && of[i].finish() {
				waiting, of = slices.Delete(waiting, i, i+1), slices.Delete(of, i, i+1)
			}
		}
	}
	for i, which := range some {
		answers[which] = attempts[i].answer
	}
	return nil
}

// start opens the socket and sends the first packet.
func (a *attempt) start() error {
	p, kind, protocol := a.probe, 0, 0
	switch p.Port.Protocol {
	case "TCP":
		kind = unix.SOCK_STREAM
	case "UDP":
		kind = unix.SOCK_DGRAM
	case "SCTP":
		kind, protocol = unix.SOCK_RAW, unix.IPPROTO_SCTP
	}
	family := unix.AF_INET
	if p.From.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return err
	}
	a.fd = fd
	if protocol == 0 {
		// The port is chosen when the other end is known: an end has more connections than ports.
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return err
		}
	}
	if err := unix.Bind(fd, socketAddress(p.From, 0)); err != nil {
		return err
	}
	if p.Port.Protocol == "TCP" {
		// Closed by a reset: the kernel keeps nothing of it.
		if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
			return err
		}
	}
	port := p.Port.Number
	if protocol != 0 {
		port = 0 // a raw socket has none
	}
	err = unix.Connect(fd, socketAddress(p.To, port))
	if err == nil {
		switch p.Port.Protocol {
		case "UDP":
			_, err = unix.Write(fd, []byte("bartizan"))
		case "SCTP":
			_, err = unix.Write(fd, initChunk(a.source, p.Port.Number))
		}
	}
	if errors.Is(err, unix.EINPROGRESS) {
		return nil
	}
	return err
}

// socketAddress is an address in the form of system calls.
func socketAddress(a netip.Addr, port int) unix.Sockaddr {
	if a.Is6() {
		return &unix.SockaddrInet6{Addr: a.As16(), Port: port}
	}
	return &unix.SockaddrInet4{Addr: a.As4(), Port: port}
}

// finish reads what the socket was told, and reports whether that was about this connection.
func (a *attempt) finish() bool {
	switch a.probe.Port.Protocol {
	case "UDP":
		var data [16]byte
		_, err := unix.Read(a.fd, data[:])
		a.told(err)
	case "SCTP":
		var data [256]byte
		n, err := unix.Read(a.fd, data[:])
		if err == nil && !acknowledges(payload(data[:n], a.probe.To), a.source, a.probe.Port.Number) {
			return false
		}
		a.told(err)
	default:
		code, err := unix.GetsockoptInt(a.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = syscall.Errno(code)
		}
		a.told(err)
	}
	return true
}

func (a *attempt) told(err error) {
	a.answer = Open
	if err != nil {
		a.answer = Refused
	}
}

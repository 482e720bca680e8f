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

// Port is a port of a protocol, TCP or UDP.
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
	return e.space.in(func() error {
		for _, p := range ports {
			address := net.JoinHostPort("0.0.0.0", strconv.Itoa(p.Number))
			switch p.Protocol {
			case "TCP":
				l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", address)
				if err != nil {
					return err
				}
				e.closers = append(e.closers, l.Close)
				go accept(l)
			case "UDP":
				c, err := net.ListenUDP("udp4", &net.UDPAddr{Port: p.Number})
				if err != nil {
					return err
				}
				e.closers = append(e.closers, c.Close)
				if err := tellDestination(c); err != nil {
					return err
				}
				go echo(c)
			default:
				return fmt.Errorf("%s: only TCP and UDP are listened on", p)
			}
		}
		return nil
	})
}

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
func tellDestination(c *net.UDPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_PKTINFO, 1) }); err != nil {
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
	fd     int
	udp    bool
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
		if err := a.start(p); err != nil {
			return fmt.Errorf("%s → %s %s: %w", p.From, p.To, p.Port, err)
		}
		events := int16(unix.POLLOUT)
		if a.udp {
			events = unix.POLLIN
		}
		waiting, of = append(waiting, unix.PollFd{Fd: int32(a.fd), Events: events}), append(of, a)
	}
	for end := time.Now().Add(patience); len(waiting) > 0 && time.Now().Before(end); {
		if _, err := unix.Poll(waiting, int(time.Until(end).Milliseconds())+1); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for i := len(waiting) - 1; i >= 0; i-- {
			if waiting[i].Revents != 0 {
				of[i].finish()
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
func (a *attempt) start(p Probe) error {
	a.answer, a.udp = Silent, p.Port.Protocol == "UDP"
	kind := unix.SOCK_STREAM
	if a.udp {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	a.fd = fd
	// The port is chosen when the other end is known: an end has more connections than ports.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: p.From.As4()}); err != nil {
		return err
	}
	if !a.udp {
		// Closed by a reset: the kernel keeps nothing of it.
		if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
			return err
		}
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Addr: p.To.As4(), Port: p.Port.Number})
	if err == nil && a.udp {
		_, err = unix.Write(fd, []byte("bartizan"))
	}
	if errors.Is(err, unix.EINPROGRESS) {
		return nil
	}
	return err
}

// finish reads what the socket was told.
func (a *attempt) finish() {
	if a.udp {
		var data [16]byte
		_, err := unix.Read(a.fd, data[:])
		a.told(err)
		return
	}
	code, err := unix.GetsockoptInt(a.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	a.told(err)
}

func (a *attempt) told(err error) {
	a.answer = Open
	if err != nil {
		a.answer = Refused
	}
}

package main

import (
	"context"
	"time"
	_ "unsafe" // for go:linkname

	nfqueue "github.com/florianl/go-nfqueue/v2"

	"sigs.k8s.io/kube-network-policies/pkg/dns"
	"sigs.k8s.io/kube-network-policies/pkg/network"
)

// handleDNSPacket is what the cache of names does with an answer. The cache asks for the answers by itself only where its rules
// of nftables can be set, which some kernels refuse.
//
//go:linkname handleDNSPacket sigs.k8s.io/kube-network-policies/pkg/dns.(*DomainCache).handleDNSPacket
func handleDNSPacket(names *dns.DomainCache, ctx context.Context, packet network.Packet)

// learn shows the cache the packets of a queue, and lets all of them pass.
func learn(ctx context.Context, names *dns.DomainCache, queue uint16) error {
	q, err := nfqueue.Open(&nfqueue.Config{
		NfQueue:      queue,
		MaxPacketLen: 4096,
		MaxQueueLen:  1024,
		Copymode:     nfqueue.NfQnlCopyPacket,
		WriteTimeout: 100 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	defer q.Close()
	show := func(a nfqueue.Attribute) int {
		if packet, err := network.ParsePacket(*a.Payload); err == nil {
			handleDNSPacket(names, ctx, packet)
		}
		_ = q.SetVerdict(*a.PacketID, nfqueue.NfAccept) // what is not let through is what the test sees
		return 0
	}
	if err := q.RegisterWithErrorFunc(ctx, show, func(error) int { return 0 }); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

import type { EndpointId } from '@failover/core';
import type { ListedNode, RedisReply, ServerRole } from './replies.ts';
import type { SentinelEvent } from './sentinel-events.ts';

/** From what members call each other to where they can be reached, as behind NAT or in containers. */
export type AddressMap = ReadonlyMap<string, EndpointId>;

/** The same reply with every address in it as we reach it. */
export function mapAddresses(reply: RedisReply, addresses: AddressMap): RedisReply {
  if (addresses.size === 0) return reply;
  const to = (address: EndpointId): EndpointId => addresses.get(address) ?? address;
  switch (reply.type) {
    case 'role':
      return { ...reply, role: mapRole(reply.role, to) };
    case 'sentinelMaster':
      return { ...reply, address: to(reply.address) };
    case 'sentinelReplicas':
      return { ...reply, replicas: reply.replicas.map((each) => ({ ...each, address: to(each.address) })) };
    case 'clusterNodes':
      return { ...reply, nodes: reply.nodes.map((each) => mapNode(each, to)) };
    case 'sentinelPeers':
      return { ...reply, peers: reply.peers.map((each) => ({ ...each, address: to(each.address) })) };
    case 'sentinelEvent':
      return { ...reply, event: mapEvent(reply.event, to) };
    case 'myId':
    case 'sentinelTilt':
    case 'unknownMaster':
    case 'errorReply':
      return reply;
  }
}

function mapNode(node: ListedNode, to: (address: EndpointId) => EndpointId): ListedNode {
  return node.address === undefined ? node : { ...node, address: to(node.address) };
}

function mapRole(role: ServerRole, to: (address: EndpointId) => EndpointId): ServerRole {
  switch (role.type) {
    case 'master':
      return { ...role, replicas: role.replicas.map(to), lagging: role.lagging.map(to) };
    case 'slave':
      return { ...role, primary: role.primary === undefined ? undefined : to(role.primary) };
    case 'sentinel':
      return role;
  }
}

function mapEvent(event: SentinelEvent, to: (address: EndpointId) => EndpointId): SentinelEvent {
  switch (event.type) {
    case 'selectedSlave':
    case 'promotedSlave':
      return { ...event, server: to(event.server) };
    case 'switchMaster':
      return { ...event, from: to(event.from), to: to(event.to) };
    case 'failoverAborted':
    case 'tilt':
    case 'noted':
      return event;
  }
}

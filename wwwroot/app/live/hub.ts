import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import type { Hub } from './connection';

/** The real line: SignalR over a WebSocket and nothing else, so that any server behind any balancer will do. */
export function hubOf(session: string): Hub {
  const hub = new HubConnectionBuilder()
    .withUrl(`/hub?session=${encodeURIComponent(session)}`, {
      transport: HttpTransportType.WebSockets,
      skipNegotiation: true,
    })
    .withKeepAliveInterval(3_000)
    .withServerTimeout(10_000)
    .configureLogging(import.meta.env.DEV ? LogLevel.Warning : LogLevel.None)
    .build();
  return {
    start: () => hub.start(),
    stop: () => hub.stop(),
    call: (method, message) => hub.invoke(method, message),
    tell: (method, message) => hub.send(method, message),
    on: (method, heard) => hub.on(method, heard as (message: unknown) => void),
    onClosed: (closed) => hub.onclose(closed),
  };
}

/** The users' own examples, as they stand in their documents. */
import React, { type ReactNode } from 'react';
import { NotificationCenter } from '@/components/notifications';
import { useNotifications, useLogStream } from '@/hooks/useWebSocket';
import LogStream from '@/components/dashboard/LogStream';
import { WebSocketService } from '@/lib/websocket';

const Header = ({ children }: { children: ReactNode }) => <header>{children}</header>;

export function DashboardLayout() {
  return (
    <div>
      <Header>
        <NotificationCenter position="top-right" />
      </Header>
      {/* ... */}
    </div>
  );
}

export function MyComponent() {
  const { isConnected, notifications, clearNotifications, subscribe } = useNotifications(
    (notification) => {
      // Handle each notification
      console.log('New notification:', notification);
      
      if (notification.type === 'alert' && notification.data?.severity === 'critical') {
        // Show critical alert
        alert(notification.data.message);
      }
    }
  );

  return (
    <div>
      <p>Connection: {isConnected ? 'Connected' : 'Disconnected'}</p>
      <p>Total notifications: {notifications.length}</p>
      <button onClick={clearNotifications}>Clear</button>
      <button onClick={() => subscribe(['alerts'])}>Alerts only</button>
    </div>
  );
}

export function LogViewer() {
  const { isConnected, logs, clearLogs, setFilters } = useLogStream((log) => {
    console.log('New log:', log);
  });

  // Apply filters
  const handleFilterChange = () => {
    setFilters({
      level: 'error',
      source: 'api-server',
      environment: 'production',
    });
  };

  return (
    <div data-connected={isConnected}>
      <h2>Real-time Logs ({logs.length})</h2>
      <button onClick={handleFilterChange}>Show Errors Only</button>
      <button onClick={clearLogs}>Clear</button>
      
      {logs.map((log, i) => (
        <div key={i}>
          [{log.level}] {log.message}
        </div>
      ))}
    </div>
  );
}

export function LogsPage() {
  return (
    <div className="h-screen">
      <LogStream maxLogs={100} showFilters={true} />
    </div>
  );
}

export function custom(url: string, heard: (message: unknown) => void) {
  const ws = new WebSocketService({
    url,
    onMessage: (notification) => {
      heard(notification);
    },
    onConnect: () => console.log('Connected'),
    onDisconnect: () => console.log('Disconnected'),
    reconnectDelay: 3000,
    maxReconnectAttempts: 10,
  });

  ws.connect();
  return ws;
}

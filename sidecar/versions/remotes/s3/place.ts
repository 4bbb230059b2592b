/** Where a bucket answers, and how it wants to be asked. */
export interface S3Place {
  readonly bucket: string;
  /** Put before every key: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Origin of the service, such as `https://s3.eu-central-1.amazonaws.com`; of Amazon's where none is configured. */
  readonly endpoint: URL;
  readonly region: string;
  /** Whether the bucket stands in the path, as self-made servers have it, or in the name of the host. */
  readonly style: 'path' | 'virtual';
  /** Google answers the S3 interface, but has conditions of its own. */
  readonly dialect: 'amazon' | 'google';
  /** Sent with everything that is written: encryption and access of new objects. */
  readonly writeHeaders: Readonly<Record<string, string>>;
}

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface Asked {
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string;
  /** As the profile in `~/.aws/config` has it: `path`, `virtual` or nothing. */
  readonly style: string | undefined;
  readonly writeHeaders: Readonly<Record<string, string>>;
}

const googleHost = 'storage.googleapis.com';

export const placeOfBucket = ({ endpoint, style, ...asked }: Asked): S3Place => {
  const url = new URL(endpoint ?? amazonEndpoint(asked.region));
  const dialect = url.hostname === googleHost ? 'google' : 'amazon';
  // A name with dots is covered by no certificate as a host; a server at an own address has no hosts by bucket.
  const isVirtual = style === 'virtual' || (style !== 'path' && endpoint === undefined && !asked.bucket.includes('.'));
  return { ...asked, endpoint: url, dialect, style: isVirtual ? 'virtual' : 'path' };
};

const amazonEndpoint = (region: string): string =>
  `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/** @param query in the order of its keys, as signatures want it */
export const urlOf = (place: S3Place, key: string, query: Readonly<Record<string, string>> = {}): URL => {
  const url = new URL(place.endpoint);
  const before = url.pathname.replace(/\/$/, '');
  if (place.style === 'virtual') url.hostname = `${place.bucket}.${url.hostname}`;
  const bucket = place.style === 'virtual' ? '' : `/${encode(place.bucket)}`;
  url.pathname = `${before}${bucket}/${key.split('/').map(encode).join('/')}`;
  url.search = Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
  return url;
};

/** RFC 3986: `encodeURIComponent` leaves five signs alone that signatures count as encoded. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
